// What a shift lead does in the office pages, clicked through in the built app under the house's policy, against the mock: ledger,
// monthly notice, figures, exports. Part of `npm run flows`; ends with 1 when any step fails.
import { begin } from './steps.mjs'

const { page, api, step, go, until, end } = await begin('supervisor', 'office')
const text = (selector) => page.locator(selector).first().innerText()
/** The month before, in the house's zone. */
const month = (() => {
  const today = new Date(Date.now() + 28_800_000)
  today.setUTCDate(0)
  return today.toISOString().slice(0, 7)
})()

await go('/cases/ledger')
await step('the most overdue matter stands first; a review brings it to the end', async () => {
  await until(() => text('.item h2'), '老旧小区加装电梯，一楼住户不同意')
  await page.click('.item:first-child [data-testid=review]')
  await page.fill('#review-form textarea', '专家评估完成。')
  await page.click('[data-testid=review-form]')
  await until(() => text('.item:last-child h2'), '老旧小区加装电梯，一楼住户不同意')
  await page.waitForSelector('.item:last-child .review >> text=专家评估完成。')
})
await step('a new matter needs its unit and a right case number', async () => {
  await page.click('[data-testid=add-item]')
  await page.fill('#item-form [name=title]', '老桥加固')
  await page.fill('#item-form [name=why]', '等待航道部门批复。')
  await page.selectOption('#item-form select', 'JTY')
  await page.fill('#item-form [name=case]', '2611')
  await until(() => page.isDisabled('[data-testid=item-form]'), true)
  await page.fill('#item-form [name=case]', '2611 3000 0017')
  await page.click('[data-testid=item-form]')
  await page.waitForSelector('.item h2:has-text("老桥加固")')
  await until(() => text('[data-testid=progress]'), '已列入 264 件，已销号 257 件')
})
await step('struck off with a reason, it stands first among those struck off', async () => {
  await page.click('.item:has-text("老桥加固") [data-testid=strike]')
  await page.fill('#confirm input', '已批复开工。')
  await page.click('[data-testid=confirm]')
  await until(() => text('[data-testid=progress]'), '已列入 264 件，已销号 258 件')
  await page.click('[data-testid=struck]')
  await page.waitForSelector('.item:first-child >> text=已批复开工。')
})
await step('a notice is not left with changes that are not saved', async () => {
  await go(`/cases/notices/${month}/GAJ`)
  await page.fill('textarea[name=advice]', '建议夜间值守。')
  await until(() => page.isDisabled('[data-testid=sign]'), true)
  await page.click('nav >> text=台账')
  await page.waitForSelector('#confirm')
  await page.keyboard.press('Escape')
  await until(() => page.inputValue('textarea[name=advice]'), '建议夜间值守。')
})
await step('saved by the keyboard; that the house drops blanks is no change', async () => {
  await page.fill('textarea[name=advice]', '建议夜间值守。 ')
  await page.focus('textarea[name=advice]')
  await page.keyboard.press('Control+s')
  await until(() => page.isDisabled('[data-testid=sign]'), false)
  await until(async () => (await (await api('GET', `/notices/${month}/GAJ`)).json()).advice, '建议夜间值守。')
})
await step('its page opens with its looks, and no script of it runs', async () => {
  const [shown] = await Promise.all([page.waitForEvent('popup'), page.click('[data-testid=html]')])
  await shown.waitForSelector('h1')
  await until(() => shown.evaluate(() => getComputedStyle(document.querySelector('h1')).textAlign), 'center')
  await until(() => shown.title(), `公安分局 ${month}`)
  await until(() => shown.locator('script').count(), 0)
  await shown.close()
})
await step('a PDF to keep', async () => {
  const [file] = await Promise.all([page.waitForEvent('download'), page.click('[data-testid=pdf]')])
  if (file.suggestedFilename() !== `notice-${month}-GAJ.pdf`) throw new Error(file.suggestedFilename())
})
await step('signed: nothing can be edited; then sent', async () => {
  await page.click('[data-testid=sign]')
  await page.click('[data-testid=confirm]')
  await page.waitForSelector('[data-testid=sent]')
  await until(() => page.locator('textarea').count(), 0)
  await page.click('[data-testid=sent]')
  await page.click('[data-testid=confirm]')
  await until(() => text('[data-testid=step]'), '已发送')
})
await step('notices by what they wait for', async () => {
  await page.click('.back')
  await page.click('[data-testid=step-edit]')
  await until(() => page.locator('tbody tr .tag:not(.warn)').count(), 0)
})
await step('figures of last month, and the wrong way round', async () => {
  await go('/cases/figures')
  const from = `from=${Date.parse(`${month}-01T00:00:00+08:00`)}&`
  const asked = page.waitForRequest((request) => request.url().includes('/figures?') && request.url().includes(from))
  await page.click('[data-testid=span-last]')
  await asked
  await page.click('[data-testid=span-free]')
  await page.fill('input[type=date] >> nth=1', '2020-01-01')
  await page.keyboard.press('Tab')
  await page.waitForSelector('[role=alert] >> text=后一个不早于前一个')
})
await step('a table to keep', async () => {
  await go('/cases/exports')
  const [file] = await Promise.all([page.waitForEvent('download'), page.click('[data-testid=handovers-xlsx]')])
  if (!file.suggestedFilename().startsWith(`handovers-${month}-01-`)) throw new Error(file.suggestedFilename())
})
await end()
