// Screenshots of every view (both languages, light and dark, 1280x720 and 125 % zoom): the built app under the house's own
// Content-Security-Policy against the mock, with axe-core's findings.
// `npm run shots [name...] [view=zh-light...]`; pictures go to test-results/shots. Ends with 1 when axe finds something serious, the policy
// stops something, or a page is wider than its window.
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { open } from './stage.mjs'

const OUT = new URL('../test-results/shots/', import.meta.url).pathname
const AXE = readFileSync(new URL('../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8')
const only = process.argv.slice(2).filter((word) => !word.startsWith('view='))
const views = process.argv.filter((word) => word.startsWith('view=')).map((word) => word.slice(5))
mkdirSync(OUT, { recursive: true })

const VIEWS = [
  { name: 'zh-light', lang: 'zh-CN', dark: false, zoom: 1 },
  { name: 'en-dark', lang: 'en', dark: true, zoom: 1 },
  { name: 'en-light-125', lang: 'en', dark: false, zoom: 1.25 },
  { name: 'zh-dark-125', lang: 'zh-CN', dark: true, zoom: 1.25 },
]

// Each file of scenes/ exports a list of { name, user?, moment?, path, act? }: a new topic is a new file.
const files = readdirSync(new URL('./scenes/', import.meta.url)).filter((f) => f.endsWith('.mjs')).sort()
const scenes = (await Promise.all(files.map((f) => import(`./scenes/${f}`)))).flatMap((m) => m.scenes)
const wanted = scenes.filter((s) => only.length === 0 || only.some((word) => s.name.startsWith(word)))

const { base, browser, close } = await open()

let bad = 0
for (const view of VIEWS.filter((v) => views.length === 0 || views.includes(v.name))) {
  const context = await browser.newContext({
    viewport: { width: Math.round(1280 / view.zoom), height: Math.round(720 / view.zoom) },
    deviceScaleFactor: view.zoom,
    colorScheme: view.dark ? 'dark' : 'light',
    permissions: ['microphone'],
    locale: view.lang,
  })
  await context.addInitScript(([lang, dark]) => {
    localStorage.setItem('hotline.lang', lang)
    localStorage.setItem('hotline.theme', dark ? 'dark' : 'light')
  }, [view.lang, view.dark])
  for (const [n, scene] of wanted.entries()) {
    const tab = scene.tab ?? `s${n}${view.name.replace(/\W/g, '')}`.slice(0, 16)
    const headers = { 'x-hotline-tab': tab, 'content-type': 'application/json' }
    const call = (path, data) => context.request.post(`${base}api/v1${path}`, { headers, data })
    if (scene.user) await call('/session', { user: scene.user, password: 'hotline', code: '123456' })
    if (scene.moment) await call('/mock/moment', { moment: scene.moment })
    const page = await context.newPage()
    const said = []
    page.on('console', (m) => m.type() === 'error' && said.push(m.text()))
    page.on('pageerror', (e) => said.push(String(e)))
    await page.goto(`${base}?tab=${tab}${scene.search ?? ''}#${scene.path}`)
    await page.waitForSelector('main h1, main h2', { state: 'attached' })
    await page.waitForTimeout(scene.wait ?? 700)
    if (scene.act) await scene.act(page, call)
    await page.waitForTimeout(300)
    const file = `${scene.name}.${view.name}`
    await page.screenshot({ path: `${OUT}${file}.png` })
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
    await page.evaluate(AXE)
    const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }))
    const serious = found.violations.filter((v) => ['serious', 'critical'].includes(v.impact))
    for (const v of serious) console.log(`${file}: axe ${v.id}: ${v.nodes.slice(0, 3).map((x) => `${x.target.join(' ')} ${(x.any[0]?.message ?? '').slice(0, 160)}`).join(' | ')}`)
    if (wide > 0) console.log(`${file}: ${wide} px too wide`)
    for (const text of said.filter((t) => !/401|429|409|net::ERR|WebSocket/.test(t))) console.log(`${file}: ${text.slice(0, 300)}`)
    const stopped = said.filter((text) => text.includes('Content Security Policy')).length
    bad += serious.length + (wide > 0 ? 1 : 0) + stopped
    await page.close()
  }
  await context.close()
}
await close()
console.log(`pictures in ${OUT}, ${bad} findings`)
process.exit(bad ? 1 : 0)
