// Signing in, first start, trial, past calls.
const fill = (page, name, text) => page.fill(`input[name=${name}]`, text)

export const scenes = [
  { name: 'login', about: 'Sign in', main: true, path: '/login' },
  {
    name: 'login-factor',
    about: 'Sign in: the second factor',
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
    about: 'Sign in: locked out for a while',
    path: '/login',
    act: async (page) => {
      await fill(page, 'username', 'x')
      await fill(page, 'password', 'y')
      for (let n = 0; n < 5; n++) {
        const told = page.waitForResponse((r) => r.url().endsWith('/session'))
        await page.keyboard.press('Enter')
        await told
        await page.waitForSelector('[role=alert]')
      }
    },
  },
  { name: 'password', about: 'A given password is changed first', main: true, user: 'newcomer', path: '/' },
  { name: 'enrol', about: 'Second factor and own account', main: true, user: 'newadmin', path: '/', act: async (page) => page.click('.btn.primary') },
  { name: 'setup', about: 'First start', main: true, tab: 'first', path: '/setup' },
  { name: 'trial', about: 'Trial: who do you want to be?', main: true, path: '/trial?token=t' },
  { name: 'calls', about: 'Past calls', main: true, user: 'supervisor', path: '/calls' },
]
