// Information base for its keepers, accounts, audit.
const tab = (name) => async (page) => {
  await page.click(`#tab-${name}`)
  await page.waitForTimeout(400)
}
export const scenes = [
  {
    name: 'knowledge',
    user: 'supervisor',
    path: '/knowledge',
    act: async (page) => {
      await page.fill('input[type=search]', '身份证')
      await page.waitForSelector('.hit')
      await page.click('.hit')
      await page.waitForTimeout(400)
    },
  },
  { name: 'knowledge-operator', user: 'operator', path: '/knowledge' },
  {
    name: 'knowledge-form',
    user: 'admin',
    path: '/knowledge',
    act: async (page) => page.click('.add'),
  },
  {
    name: 'knowledge-import',
    user: 'admin',
    path: '/knowledge',
    act: async (page) => {
      await tab('import')(page)
      await page.setInputFiles('input[type=file]', { name: '知识.csv', mimeType: 'text/csv', buffer: Buffer.from('标题,正文,事项\n身份证补领,带户口本,GAJ-001\n,,GAJ-002\n社保卡,带身份证,RSJ-001\n') })
      await page.waitForTimeout(500)
    },
  },
  { name: 'knowledge-synonyms', user: 'admin', path: '/knowledge', act: tab('synonyms') },
  { name: 'knowledge-usage', user: 'admin', path: '/knowledge', act: tab('usage') },
  { name: 'audit', user: 'auditor', path: '/audit' },
  { name: 'users', user: 'admin', path: '/users' },
  {
    name: 'users-form',
    user: 'admin',
    path: '/users',
    act: async (page) => page.click('.btn.primary'),
  },
]
