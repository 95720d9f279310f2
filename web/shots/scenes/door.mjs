// Signing in, first start, trial, past calls.
const fill = (page, name, text) => page.fill(`input[name=${name}]`, text)

export const scenes = [
  { name: 'login', path: '/login' },
  {
    name: 'login-factor',
    path: '/login',
    act: async (page) => {
      await fill(page, 'username', 'admin')
      await fill(page, 'password', 'hotline')
      await page.keyboard.press('Enter')
      await page.waitForSelector('input[name=code]')
    },
  },
  {
    name: 'login-locked',
    path: '/login',
    act: async (page) => {
      await fill(page, 'username', 'x')
      await fill(page, 'password', 'y')
      for (let n = 0; n < 5; n++) {
        await page.keyboard.press('Enter')
        await page.waitForTimeout(200)
      }
    },
  },
  { name: 'enrol', user: 'newadmin', path: '/', act: async (page) => page.click('.btn.primary') },
  { name: 'setup', tab: 'first', path: '/setup' },
  { name: 'trial', path: '/trial?token=t' },
  { name: 'calls', user: 'supervisor', path: '/calls' },
]
