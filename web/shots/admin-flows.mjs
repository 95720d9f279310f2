// What an admin, a keeper and an auditor do, clicked through in the built app under the house's policy, against the mock.
// Part of `npm run flows`; each step is told, the first that fails leaves a picture in test-results/flows. Ends with 1 when any fails.
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { open } from './stage.mjs'

/** Longest wait for one result, ms. */
const PATIENCE = 8000
const CALL = '01JDZ4Q6B3K7T2M9X5R8W1N0CV'
const OUT = fileURLToPath(new URL('../test-results/flows/', import.meta.url))
mkdirSync(OUT, { recursive: true })
const { base, browser, close } = await open()
const context = await browser.newContext({ viewport: { width: 1280, height: 720 }, permissions: ['microphone'], acceptDownloads: true, locale: 'zh-CN' })
const page = await context.newPage()
page.setDefaultTimeout(PATIENCE)
const said = []
page.on('console', (m) => m.type() === 'error' && said.push(m.text()))
page.on('pageerror', (error) => said.push(String(error)))
const headers = { 'x-hotline-tab': 'flows', 'content-type': 'application/json' }
const api = (method, path, data) => context.request.fetch(`${base}api/v1${path}`, { method, headers, ...(data ? { data } : {}) })
await api('POST', '/session', { user: 'admin', password: 'hotline', code: '123456' })

let bad = 0
async function step(name, work) {
  try {
    await work()
    console.log(`ok    ${name}`)
  } catch (error) {
    bad += 1
    console.log(`FAIL  ${name}: ${String(error).split('\n').slice(0, 3).join(' ')}`)
    await page.screenshot({ path: `${OUT}${name.replace(/\W+/g, '-')}.png` })
  }
}
const go = (path) => page.goto(`${base}?tab=flows#${path}`)
async function until(what, wanted) {
  const end = Date.now() + PATIENCE
  let last
  while (Date.now() < end) {
    last = await what()
    if (last === wanted) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`${JSON.stringify(last)} instead of ${JSON.stringify(wanted)}`)
}
const changes = (n) => page.waitForSelector(`.bar .step:has-text("${n} 处修改")`)
const drafted = async (pick) => pick((await (await api('GET', '/config?draft=true')).json()).model)
const write = async (selector, text) => {
  await page.fill(selector, text)
  await page.press(selector, 'Tab')
}

await go('/admin/limits')
await step('begin a draft', async () => {
  await page.click('text=开始修改')
  await page.waitForSelector('text=正在编辑草稿')
})
await step('a number out of range is told at its field and goes no further', async () => {
  await write('#f-settings-limits-max_calls', '0')
  await page.waitForSelector('.setting.faulty >> text=请填 1 到 10000 之间的整数')
  await changes(0)
})
await step('an edit, and back at the field', async () => {
  await write('#f-settings-limits-max_calls', '600')
  await changes(1)
  await page.click('.setting.changed .back')
  await changes(0)
})
await step('two edits, one taken back in the drawer', async () => {
  await write('#f-settings-limits-max_calls', '700')
  await changes(1)
  await write('#f-settings-operators-ring', '15')
  await changes(2)
  await page.click('.bar .step >> nth=0')
  await page.click('.changes li >> nth=0 >> text=撤销')
  await changes(1)
  await page.keyboard.press('Escape')
})
await step('a key by the list alone', async () => {
  await go('/admin/routing')
  await page.selectOption('#fresh-key', '4')
  await page.click('text=加按键')
  await until(() => drafted((m) => m.menus.menu.root.keys['4']), 'repeat')
  await page.locator('.slot', { has: page.locator('kbd:text-is("4")') }).locator('select').first().selectOption('message')
  await until(() => drafted((m) => m.menus.menu.root.keys['4']), 'message')
})
await step('an edge drawn from a menu to the message', async () => {
  const middle = async (selector) => {
    const box = await page.locator(selector).boundingBox()
    return [box.x + box.width / 2, box.y + box.height / 2]
  }
  await page.mouse.move(...(await middle('[data-id="menu:desk"] .vue-flow__handle.source')))
  await page.mouse.down()
  await page.mouse.move(...(await middle('[data-id="message"] .vue-flow__handle.target')), { steps: 12 })
  await page.mouse.up()
  await page.selectOption('#join select', 'nothing')
  await page.click('.modal .btn.primary')
  await until(() => drafted((m) => m.menus.menu.desk.nothing), 'message')
})
await step('a node chosen by Enter', async () => {
  await page.focus('[data-id="menu:progress"]')
  await page.keyboard.press('Enter')
  await until(() => page.locator('.editor select').first().inputValue(), 'progress')
})
await step('a window renamed in its drawer', async () => {
  await go('/admin/people/desks')
  await page.click('.page tbody tr:nth-child(2) .acts .btn')
  await page.locator('#row-form input').nth(1).fill('审批窗口')
  await page.click('text=写入草稿')
  await page.waitForSelector('.page td:has-text("审批窗口")')
})
await step('operators in another order', async () => {
  await go('/admin/people/operators')
  await page.click('[aria-label="1002 上移"]')
  await until(() => drafted((m) => m.operators.operator[0].staff), '1002')
})
await step('a day steered to by keys, closed for an afternoon', async () => {
  await go('/admin/calendar')
  await page.focus('.day[tabindex="0"]')
  const from = await page.locator('.day[tabindex="0"]').getAttribute('data-date')
  await page.keyboard.press('ArrowLeft')
  await page.fill('.panel input[placeholder="14:00-17:00"]', '14:00-17:00')
  await page.click('.panel .btn.primary')
  await until(() => drafted((m) => m.hours.change?.[0]?.from < from && m.hours.change[0].span === '14:00-17:00'), true)
})
await step('a fault in the text stands at its line, and goes with it', async () => {
  await go('/admin/files/routing.toml')
  const swap = async (a, b) => {
    await page.click('[role=group] >> text=编辑')
    await page.fill('textarea.text', (await page.inputValue('textarea.text')).replace(a, b))
    await page.click('text=写入草稿')
  }
  await swap('[place]', '[place')
  await page.waitForSelector('li.faulty')
  await swap('[place\n', '[place]\n')
  await page.waitForSelector('.bar >> text=没有问题')
})
await step("the doctor's proposal taken", async () => {
  await go('/admin/trunks/telecom')
  await page.click('text=开始诊断')
  await page.click('text=全部采纳')
  await until(() => drafted((m) => m.trunks.find((t) => t.name === 'telecom').dtmf), 'info')
})
await step('rehearsed and published', async () => {
  await go('/admin/rehearsal')
  await page.click('.head .btn.primary')
  await page.waitForSelector('.verdict.good')
  await page.click('.bar .btn.primary')
  await page.fill('#publish input', '试')
  await page.click('.modal .btn.primary')
  await page.waitForSelector('text=开始修改')
})
await step('an earlier version again', async () => {
  await go('/admin/versions')
  await page.click('.list li:nth-child(3) >> text=恢复到此版本')
  await page.fill('#confirm input', '退回')
  await page.click('.modal .btn.primary')
  await page.waitForSelector('strong:has-text("退回")')
})
await step("somebody's draft taken over and thrown away", async () => {
  await api('POST', '/config/draft', { by: '王工' })
  await go('/admin/limits')
  await page.reload()
  await page.click('text=接手')
  await page.click('.modal .btn.primary')
  await page.waitForSelector('text=正在编辑草稿')
  await page.click('text=放弃草稿')
  await page.click('.modal .btn.bad')
  await page.waitForSelector('text=开始修改')
})
await step('a prompt recorded in the browser', async () => {
  await go('/admin/prompts')
  await page.click('.page tbody tr:first-child .file .btn')
  await page.click('text=● 录音')
  await until(async () => Number.parseFloat((await page.locator('.tag.bad .num').innerText()).slice(0, 3)) >= 1, true)
  await page.click('text=■ 停止')
  await page.click('text=使用这个')
  await page.waitForSelector('text=已替换')
})
await step('the cursor of the black box from the ladder, and along with the sound', async () => {
  await go(`/box/${CALL}`)
  await page.click('[data-index="3"]', { position: { x: 20, y: 10 } })
  const clock = () => page.locator('.clock strong').innerText()
  await until(clock, '0:00.3')
  await page.click('.side .btn >> nth=0')
  await page.fill('#confirm input', '复核')
  await page.click('.modal .btn.primary')
  await until(async () => (await clock()) > '0:00.5', true)
})
await step('no script of a header ran', async () => {
  await until(() => page.evaluate(() => document.querySelectorAll('main script, main img[src="x"]').length), 0)
})
await step('a download, and the number behind its mask', async () => {
  const [file] = await Promise.all([page.waitForEvent('download'), page.click('text=下载 vCon')])
  if (!file.suggestedFilename().endsWith('.vcon.json')) throw new Error(file.suggestedFilename())
  await page.click('text=显示号码')
  await page.fill('#confirm input', '核对')
  await page.click('.modal .btn.primary')
  await page.waitForSelector('text=13800001234')
})
await step('an account made and locked', async () => {
  await go('/users')
  await page.click('text=新增账号')
  for (const [n, text] of ['zhangsan', '张三', '1005', 'correct horse battery'].entries()) await page.locator('#user-form input').nth(n).fill(text)
  await page.click('.modal .btn.primary')
  await page.click('tr:has-text("zhangsan") >> text=锁定')
  await page.waitForSelector('tr:has-text("zhangsan") >> text=已锁定')
})
await step('knowledge tried, then imported', async () => {
  await go('/knowledge')
  await page.click('#tab-import')
  await page.setInputFiles('input[type=file]', { name: 'a.csv', mimeType: 'text/csv', buffer: Buffer.from('标题,正文\na,b\n') })
  await page.click('text=正式导入')
  await page.waitForSelector('h2:has-text("已导入")')
})
await step('the audit by what was done', async () => {
  await go('/audit')
  await page.selectOption('.filters select', 'call.')
  await until(() => page.locator('.page tbody tr').count(), 10)
})
for (const text of new Set(said)) console.log(`FAIL  console: ${text.slice(0, 300)}`)
bad += said.length
await close()
process.exit(bad ? 1 : 0)
