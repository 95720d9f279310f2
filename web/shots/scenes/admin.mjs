// The admin pages, read and in a draft.
const begin = async (page, call) => {
  await call('/config/draft', {})
  await page.reload()
  await page.waitForTimeout(900)
}
const patch = (page, edits) => page.evaluate(async (body) => {
  const tab = sessionStorage.getItem('hotline.tab') ?? 'main'
  await fetch('/api/v1/config/draft', { method: 'PATCH', headers: { 'content-type': 'application/json', 'x-hotline-tab': tab }, body: JSON.stringify({ edits: body }) })
}, edits)
const broken = [
  { file: 'desks.toml', at: ['desk', { no: '012' }, 'members'], op: 'set', value: ['2012', '9999'] },
  { file: 'routing.toml', at: ['limits', 'max_calls'], op: 'set', value: 99999 },
  { file: 'menus.toml', at: ['menu', 'root', 'keys', '4'], op: 'set', value: 'menu nowhere' },
]
const sound = [{ file: 'routing.toml', at: ['operators', 'ring'], op: 'set', value: 15 }, { file: 'menus.toml', at: ['menu', 'root', 'keys', '5'], op: 'set', value: 'message' }]
const admin = (name, path, act) => ({ name: `admin-${name}`, user: 'admin', path, act })

export const scenes = [
  admin('trunks', '/admin/trunks'),
  admin('trunk', '/admin/trunks/telecom', async (page, call) => {
    await begin(page, call)
    await page.click('.doctor .btn.primary')
    await page.waitForTimeout(400)
  }),
  admin('routing', '/admin/routing', begin),
  admin('routing-read', '/admin/routing'),
  admin('numbers', '/admin/routing', async (page, call) => {
    await begin(page, call)
    await page.click('#tab-numbers')
  }),
  admin('try', '/admin/routing', async (page) => {
    await page.click('#tab-try')
    await page.fill('.form input[pattern]', '2,012#,1')
    await page.click('.form .btn.primary')
  }),
  admin('people', '/admin/people/desks', begin),
  admin('people-fault', '/admin/people/desks', async (page, call) => {
    await begin(page, call)
    await patch(page, broken)
    await page.reload()
    await page.waitForTimeout(900)
    await page.fill('input[type=search]', '户籍')
    await page.click('tbody tr:first-child .acts .btn')
    await page.waitForTimeout(500)
  }),
  admin('operators', '/admin/people/operators', begin),
  admin('services', '/admin/people/services'),
  admin('calendar', '/admin/calendar', begin),
  admin('limits', '/admin/limits', async (page, call) => {
    await begin(page, call)
    await patch(page, broken)
    await page.reload()
    await page.waitForTimeout(900)
  }),
  admin('retention', '/admin/retention'),
  admin('files', '/admin/files/menus.toml', async (page, call) => {
    await begin(page, call)
    await patch(page, broken)
    await page.goto(page.url().replace('menus.toml', 'menus.toml?line=69'))
    await page.reload()
    await page.waitForTimeout(900)
  }),
  admin('drawer', '/admin/limits', async (page, call) => {
    await begin(page, call)
    await patch(page, broken)
    await page.reload()
    await page.waitForTimeout(900)
    await page.click('.steps .step')
    await page.waitForTimeout(500)
  }),
  admin('rehearsal', '/admin/rehearsal', async (page, call) => {
    await begin(page, call)
    await patch(page, sound)
    await page.reload()
    await page.waitForTimeout(900)
    await page.click('.head .btn.primary')
    await page.waitForTimeout(900)
  }),
  admin('publish', '/admin/rehearsal', async (page, call) => {
    await begin(page, call)
    await patch(page, sound)
    await page.reload()
    await page.waitForTimeout(900)
    await page.click('.head .btn.primary')
    await page.waitForTimeout(900)
    await page.click('.bar .btn.primary')
    await page.waitForTimeout(300)
  }),
  admin('versions', '/admin/versions', async (page) => {
    await page.click('.list li:first-child .head')
    await page.waitForTimeout(300)
  }),
  admin('other', '/admin/limits', async (page, call) => {
    await call('/config/draft', { by: '王工' })
    await page.reload()
    await page.waitForTimeout(900)
  }),
]
