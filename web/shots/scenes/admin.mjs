// The admin pages, read and in a draft.
const begin = async (page, call) => {
  await call('/config/draft', {})
  await again(page)
}
/** The page anew, once it shows what it read. */
const again = async (page) => {
  await page.reload()
  await page.waitForSelector('main h1, main h2', { state: 'attached' })
  await page.waitForFunction(() => !document.querySelector('.skeleton'))
}
const patch = async (page, edits) => {
  await page.evaluate(async (body) => {
    const tab = sessionStorage.getItem('hotline.tab') ?? 'main'
    await fetch('/api/v1/config/draft', { method: 'PATCH', headers: { 'content-type': 'application/json', 'x-hotline-tab': tab }, body: JSON.stringify({ edits: body }) })
  }, edits)
  await again(page)
}
const drafted = (edits) => async (page, call) => {
  await begin(page, call)
  await patch(page, edits)
}
const broken = [
  { file: 'desks.toml', at: ['desk', { no: '012' }, 'members'], op: 'set', value: ['2012', '9999'] },
  { file: 'routing.toml', at: ['limits', 'max_calls'], op: 'set', value: 99999 },
  { file: 'menus.toml', at: ['menu', 'root', 'keys', '4'], op: 'set', value: 'menu nowhere' },
]
const sound = [{ file: 'routing.toml', at: ['operators', 'ring'], op: 'set', value: 15 }, { file: 'menus.toml', at: ['menu', 'root', 'keys', '5'], op: 'set', value: 'message' }]
const rehearse = async (page, call) => {
  await drafted(sound)(page, call)
  await page.click('.head .btn.primary')
  await page.waitForSelector('.verdict')
}
const admin = (name, about, path, act, more = {}) => ({ name: `admin-${name}`, about: `Settings: ${about}`, user: 'admin', path, act, ...more })
const main = { main: true }

export const scenes = [
  admin('trunks', 'trunks', '/admin/trunks', undefined, main),
  admin('trunk', "a trunk and its doctor's findings", '/admin/trunks/telecom', async (page, call) => {
    await begin(page, call)
    await page.click('.doctor .btn.primary')
    await page.waitForSelector('text=/全部采纳|Take all/')
  }, main),
  admin('routing', 'menus as a graph, in a draft', '/admin/routing', begin, main),
  admin('routing-read', 'menus as they are', '/admin/routing'),
  admin('numbers', 'numbers', '/admin/routing', async (page, call) => {
    await begin(page, call)
    await page.click('#tab-numbers')
  }),
  admin('try', 'a path tried', '/admin/routing', async (page) => {
    await page.click('#tab-try')
    await page.fill('.form input[pattern]', '2,012#,1')
    const answered = page.waitForResponse((r) => r.url().endsWith('/rehearsal/route'))
    await page.click('.form .btn.primary')
    await answered
  }),
  admin('people', 'windows, in a draft', '/admin/people/desks', begin, main),
  admin('people-fault', 'a window with a fault', '/admin/people/desks', async (page, call) => {
    await drafted(broken)(page, call)
    await page.fill('input[type=search]', '户籍')
    await page.click('tbody tr:first-child .acts .btn')
  }),
  admin('operators', 'operators', '/admin/people/operators', begin),
  admin('services', 'services', '/admin/people/services'),
  admin('calendar', 'calendar', '/admin/calendar', begin, main),
  admin('limits', 'limits, one with a fault', '/admin/limits', drafted(broken), main),
  admin('retention', 'retention', '/admin/retention', undefined, main),
  admin('files', 'files, at a fault', '/admin/files/menus.toml', async (page, call) => {
    await drafted(broken)(page, call)
    await page.goto(page.url().replace('menus.toml', 'menus.toml?line=69'))
    await again(page)
  }, main),
  admin('drawer', 'what is drafted', '/admin/limits', async (page, call) => {
    await drafted(broken)(page, call)
    await page.click('.steps .step')
  }),
  admin('rehearsal', 'rehearsed', '/admin/rehearsal', rehearse, main),
  admin('publish', 'about to be published', '/admin/rehearsal', async (page, call) => {
    await rehearse(page, call)
    await page.click('.bar .btn.primary')
    await page.waitForSelector('#publish')
  }),
  admin('versions', 'versions', '/admin/versions', async (page) => page.click('.list li:first-child .head'), main),
  admin('other', "somebody else's draft", '/admin/limits', async (page, call) => {
    await call('/config/draft', { by: '王工' })
    await again(page)
  }),
]
