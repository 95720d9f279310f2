// Information base for its keepers, accounts, audit.
const tab = (name) => async (page) => page.click(`#tab-${name}`)

export const scenes = [
  {
    name: 'knowledge',
    about: 'Information base',
    main: true,
    user: 'supervisor',
    path: '/knowledge',
    act: async (page) => {
      await page.fill('input[type=search]', '身份证')
      await page.waitForSelector('.hit')
      await page.click('.hit')
    },
  },
  { name: 'knowledge-operator', about: 'Information base for operators', user: 'operator', path: '/knowledge' },
  { name: 'knowledge-form', about: 'Information base: a new entry', user: 'admin', path: '/knowledge', act: async (page) => page.click('.add') },
  {
    name: 'knowledge-import',
    about: 'Information base: import, tried first',
    user: 'admin',
    path: '/knowledge',
    act: async (page) => {
      await tab('import')(page)
      const tried = page.waitForResponse((r) => r.url().includes('/knowledge/import'))
      await page.setInputFiles('input[type=file]', { name: '知识.csv', mimeType: 'text/csv', buffer: Buffer.from('标题,正文,事项\n身份证补领,带户口本,GAJ-001\n,,GAJ-002\n社保卡,带身份证,RSJ-001\n') })
      await tried
    },
  },
  { name: 'knowledge-synonyms', about: 'Information base: synonyms', user: 'admin', path: '/knowledge', act: tab('synonyms') },
  { name: 'knowledge-usage', about: 'Information base: usage and misses', user: 'admin', path: '/knowledge', act: tab('usage') },
  { name: 'audit', about: 'Audit', main: true, user: 'auditor', path: '/audit' },
  { name: 'users', about: 'Accounts', main: true, user: 'admin', path: '/users' },
  { name: 'users-form', about: 'Accounts: a new one', user: 'admin', path: '/users', act: async (page) => page.click('.btn.primary') },
]
