// Walks through the screens by keyboard against the mock and its SIP: sign in, answer, search, bring a window in, wrap up,
// accept and decline as a window, dial as a citizen. `npm run flows`; ends with 1 at the first thing that is not as it should be.
import { strict as assert } from 'node:assert'
import { open } from './stage.mjs'

const { base, browser, close } = await open()
const context = await browser.newContext({ permissions: ['microphone'], viewport: { width: 1280, height: 720 } })
const errors = []
let tabs = 0

async function enter(user, path, moment) {
  const tab = `flow${tabs++}`
  const headers = { 'x-hotline-tab': tab, 'content-type': 'application/json' }
  if (user) await context.request.post(`${base}api/v1/session`, { headers, data: { user, password: 'hotline', code: '123456' } })
  const set = (next) => context.request.post(`${base}api/v1/mock/moment`, { headers, data: { moment: next } })
  if (moment) await set(moment)
  const page = await context.newPage()
  page.on('pageerror', (e) => errors.push(String(e)))
  page.on('console', (m) => /Content Security Policy/.test(m.text()) && errors.push(m.text()))
  await page.goto(`${base}?tab=${tab}#${path}`)
  await page.waitForSelector('main h1', { state: 'attached' })
  return { page, set, id: (name) => page.locator(`[data-testid=${name}]`) }
}
const says = (locator, text) => locator.filter({ hasText: text }).waitFor({ timeout: 15_000 })

const flows = {
  async 'sign in with the second factor; wrong words are told'() {
    const { page } = await enter(null, '/login')
    await page.fill('[name=username]', 'admin')
    await page.fill('[name=password]', 'wrong')
    await page.keyboard.press('Enter')
    await says(page.locator('[role=alert]'), '用户名或密码不对')
    await page.fill('[name=password]', 'hotline')
    await page.keyboard.press('Enter')
    await page.fill('[name=code]', '123456')
    await page.keyboard.press('Enter')
    await page.waitForURL(/#\/(admin|supervisor)/)
    await page.close()
  },

  async 'a given password is changed before anything else'() {
    const { page, id } = await enter(null, '/login')
    await page.fill('[name=username]', 'newcomer')
    await page.fill('[name=password]', 'hotline')
    await page.keyboard.press('Enter')
    await page.waitForURL(/#\/password/)
    await page.goto(page.url().replace('/password', '/operator'))
    await page.waitForURL(/#\/password/)
    await page.fill('[name=new-password]', 'correct horse battery')
    await page.fill('[name=repeat-password]', 'correct horse batterx')
    await says(page.locator('[role=alert]'), '不一样')
    await page.fill('[name=repeat-password]', 'correct horse battery')
    await page.keyboard.press('Enter')
    await page.waitForURL(/#\/operator/)
    await id('line').waitFor()
    await page.close()
  },

  async 'the operator answers, finds the window, brings it in, ends, tells the outcome'() {
    const { page, set, id } = await enter('operator', '/operator', 'idle')
    await says(id('line'), '话机就绪')
    await set('ringing')
    await id('answer').waitFor()
    await page.keyboard.press('a')
    await says(id('stage'), '通话中')
    // Keys do nothing while somebody types: x would end the call.
    await page.keyboard.press('/')
    await page.keyboard.type('xbcm')
    await says(id('stage'), '通话中')
    await id('find').fill('身份证')
    await page.locator('.hit').first().waitFor()
    await page.keyboard.press('Control+Enter')
    await says(id('stage'), '正在呼叫窗口')
    await page.keyboard.press('Escape')
    await page.keyboard.press('Escape')
    await page.keyboard.press('j')
    await says(id('stage'), '三方通话')
    await page.keyboard.press('d')
    await says(id('stage'), '通话中')
    await page.keyboard.press('c')
    await says(id('stage'), '咨询')
    await page.keyboard.press('j')
    await says(id('stage'), '三方通话')
    await page.keyboard.press('h')
    await page.locator('[data-testid=hold][aria-pressed=true]').waitFor()
    await page.keyboard.press('h')
    await page.keyboard.press('d')
    await says(id('stage'), '通话中')
    await page.keyboard.press('k')
    await page.keyboard.type('身份证遗失')
    await id('case-content').fill('询问材料')
    await page.keyboard.press('Control+Enter')
    await id('case-no').waitFor()
    await page.locator('h1').evaluate(() => document.activeElement?.blur())
    await page.keyboard.press('e')
    await says(id('state'), '整理')
    assert.equal(await page.locator('input[name=outcome]:checked').getAttribute('value'), 'case_opened')
    await page.keyboard.press('1')
    await page.keyboard.press('Enter')
    await says(id('state'), '就绪')
    await page.close()
  },

  async 'emergency needs the same key twice'() {
    const { page, id } = await enter('operator', '/operator', 'talk')
    await says(id('stage'), '通话中')
    await page.keyboard.press('g')
    await page.locator('dialog').waitFor()
    await page.keyboard.press('1')
    // No key of the view reaches past the dialog, wherever the focus is: x would end the call.
    await page.locator('dialog h2').click()
    await page.keyboard.press('x')
    await page.keyboard.press('3')
    assert.equal(await page.locator('dialog').count(), 1)
    await says(id('stage'), '通话中')
    await page.keyboard.press('3')
    await page.locator('dialog').waitFor({ state: 'detached' })
    await says(id('stage'), '正在呼叫窗口')
    await page.close()
  },

  async 'the window accepts by one key, and declines with a reason'() {
    const { page, set, id } = await enter('desk', '/desk', 'idle')
    await says(id('line'), '话机就绪')
    await set('invite')
    await id('accept').waitFor()
    await page.waitForFunction(() => document.title.includes('☎'))
    await page.keyboard.press('a')
    await says(id('stage'), '三方通话')
    await page.locator('.levels').waitFor()
    await page.keyboard.press('l')
    await says(page.locator('h2'), '等待热线来电')
    await set('invite')
    await id('decline-serving').waitFor()
    const declined = page.waitForRequest((r) => r.url().endsWith('/decline'))
    await page.keyboard.press('2')
    assert.equal((await declined).postDataJSON().reason, 'wrong_window')
    await says(page.locator('h2'), '等待热线来电')
    await page.close()
  },

  async 'a window closes until a time and opens again'() {
    const { page, id } = await enter('desk', '/desk', 'idle')
    await id('close-012').click()
    await id('close-desk').click()
    await says(page.locator('.own'), '暂停到')
    await page.getByRole('button', { name: '恢复接听' }).click()
    await id('close-012').waitFor()
    await page.close()
  },

  async 'a citizen dials and hangs up'() {
    const { page, id } = await enter('citizen', '/phone')
    await says(id('line'), '话机就绪')
    await id('dial').click()
    await says(page.locator('.screen'), '正在拨打')
    await id('hang-up').click()
    await id('dial').waitFor()
    await page.close()
  },

  async 'roles see only what is theirs'() {
    for (const [user, path, home] of [['desk', '/operator', '/desk'], ['operator', '/supervisor', '/operator'], ['citizen', '/desk', '/phone']]) {
      const { page } = await enter(user, path)
      await page.waitForURL(new RegExp(`#${home}`))
      await page.close()
    }
  },
}

let bad = 0
for (const [name, walk] of Object.entries(flows)) {
  const before = Date.now()
  try {
    await walk()
    assert.deepEqual(errors, [])
    console.log(`ok   ${name} (${Date.now() - before} ms)`)
  } catch (error) {
    bad += 1
    console.log(`FAIL ${name}: ${error instanceof Error ? error.stack : error}`)
    errors.length = 0
  }
}
await close()
process.exit(bad ? 1 : 0)
