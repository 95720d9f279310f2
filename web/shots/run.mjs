// Pictures of every view in both languages, light and dark: the built app under the house's own Content-Security-Policy against the
// mock, and what a machine can see by itself: axe-core, layout at 100, 125 and 200 %, targets, raw words, errors, the policy, and that no
// address of the router lacks a picture. Then the flows, then the size of what browsers load. Ends with 1 when anything is found.
// `npm run shots [name...]`: pictures go to ../target/screens; `npm run shots look [name...]` takes none; `npm run shots docs`: to
// ../docs/screens, reduced, with its table.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { bundle } from './bundle.mjs'
import { gallery } from './gallery.mjs'
import { inspect, rests } from './inspect.mjs'
import { reduce } from './png.mjs'
import { open } from './stage.mjs'

/** Pages at once: waiting is most of a page's time. */
const AT_ONCE = 4
const WINDOW = { width: 1280, height: 720 }
/** Longest wait for one thing, ms: a busy machine is no fault of a page. */
const PATIENCE = 40_000
/** Smallest side of a target, CSS px. */
const TAP = 44
const AXE = readFileSync(new URL('../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8')
const LANGS = ['zh-CN', 'en']
/** The house answers so on purpose in some scenes. */
const EXPECTED = /status of (401|409|422|429|503)/

const docs = process.argv[2] === 'docs'
/** The walk of the tests looks at everything and keeps a picture only of what could not be shown. */
const lookOnly = process.argv[2] === 'look'
const only = process.argv.slice(docs || lookOnly ? 3 : 2)
const OUT = new URL(docs ? '../../docs/screens/' : '../../target/screens/', import.meta.url).pathname
if (only.length === 0) rmSync(OUT, { recursive: true, force: true })
mkdirSync(OUT, { recursive: true })

// Each file of scenes/ exports a list of { name, about, main?, aside?, user?, moment?, path, until?, act? }: a new topic is a new
// file. Of what is `aside` docs/screens keeps no picture.
const files = readdirSync(new URL('./scenes/', import.meta.url)).filter((f) => f.endsWith('.mjs')).sort()
const scenes = (await Promise.all(files.map((f) => import(`./scenes/${f}`)))).flatMap((m) => m.scenes)
const areas = readdirSync(new URL('../src/i18n/zh-CN/', import.meta.url)).map((f) => f.replace('.ts', '')).filter((f) => f !== 'index').concat('nav')
const wanted = scenes.filter((s) => !(docs && s.aside)).filter((s) => only.length === 0 || only.some((word) => s.name.startsWith(word)))

const began = Date.now()
const stage = await open()
const findings = []
const routes = { all: new Set(), seen: new Set() }
let pictures = 0

/** One page that plays scenes in one language, one after the other: opening windows costs more than showing them. */
async function worker(lang, context) {
  const short = lang === 'en' ? 'en' : 'zh'
  const page = await context.newPage()
  page.setDefaultTimeout(PATIENCE)
  let view = ''
  const find = (text) => findings.push(`${view}: ${text}`)
  page.on('console', (m) => m.type() === 'error' && !EXPECTED.test(m.text()) && find(m.text().slice(0, 300)))
  page.on('pageerror', (e) => find(String(e)))
  const rest = async () => {
    if (!(await page.evaluate(rests, 100))) find('does not come to rest')
  }
  /** The page in these colours: it hears of them a moment later. */
  const colours = async (scheme) => {
    await page.emulateMedia({ colorScheme: scheme })
    if (page.url() !== 'about:blank') await page.waitForFunction((dark) => document.documentElement.classList.contains('dark') === dark, scheme === 'dark')
  }
  const look = async (axe) => {
    for (const line of await page.evaluate(inspect, { areas, tap: TAP })) find(line)
    if (!axe) return
    // A transition that waits for its frame still shows the colours from before.
    await page.evaluate(() => document.getAnimations().filter((a) => a.effect?.getComputedTiming().iterations !== Infinity).forEach((a) => a.finish()))
    const found = await page.evaluate((options) => globalThis.axe.run(document, { resultTypes: ['violations'], ...options }), axe)
    for (const v of found.violations.filter((one) => ['serious', 'critical'].includes(one.impact))) {
      find(`axe ${v.id}: ${v.nodes.slice(0, 3).map((x) => `${x.target.join(' ')} ${(x.any[0]?.message ?? '').slice(0, 160)}`).join(' | ')}`)
    }
  }
  const shoot = async () => {
    pictures += 1
    if (lookOnly) return
    if (!docs) return page.screenshot({ path: `${OUT}${view}.jpg`, type: 'jpeg', quality: 70 })
    writeFileSync(`${OUT}${view}.png`, reduce(await page.screenshot()))
  }
  const show = async (scene, call, tab) => {
    await page.goto(`${stage.base}?tab=${tab}#${scene.path}`)
    await page.waitForSelector('main h1, main h2', { state: 'attached' })
    if (scene.until) await page.waitForSelector(scene.until)
    await rest()
    if (scene.act) await scene.act(page, call)
    await rest()
    const app = await page.evaluate(() => {
      const router = document.querySelector('#app').__vue_app__.config.globalProperties.$router
      const named = router.getRoutes().filter((r) => r.components && !r.redirect && r.path !== '/').map((r) => r.path)
      return { all: named, here: router.currentRoute.value.matched.map((r) => r.path) }
    })
    for (const path of app.all) routes.all.add(path)
    for (const path of app.here) routes.seen.add(path)
  }

  /** Light, dark, 200 %, 125 %. */
  return async function play(scene, n) {
    const began = Date.now()
    const tab = scene.tab ?? `s${n}${short}`
    const headers = { 'x-hotline-tab': tab, 'content-type': 'application/json' }
    const call = (path, data) => context.request.post(`${stage.base}api/v1${path}`, { headers, data })
    view = `${scene.name}.${short}`
    try {
      if (scene.user) await call('/session', { user: scene.user, password: 'hotline', code: '123456' })
      if (scene.moment) await call('/mock/moment', { moment: scene.moment })
      await colours('light')
      await page.setViewportSize(WINDOW)
      await show(scene, call, tab)
      view = `${scene.name}.${short}-light`
      await page.evaluate(AXE)
      await look({})
      await shoot()
      view = `${scene.name}.${short}-dark`
      await colours('dark')
      await rest()
      // The same document in other colours: only contrast can differ, and not by the language.
      if (lang !== 'en') await look({ runOnly: ['color-contrast'] })
      if (!docs || scene.main || lang === 'en') await shoot()
      view = `${scene.name}.${short}-200`
      await page.setViewportSize({ width: WINDOW.width / 2, height: WINDOW.height / 2 })
      await rest()
      await look(null)
      view = `${scene.name}.${short}-125`
      await colours('light')
      await page.setViewportSize({ width: WINDOW.width / 1.25, height: WINDOW.height / 1.25 })
      await rest()
      await look(null)
      if (scene.main && (!docs || lang === 'zh-CN')) await shoot()
    } catch (error) {
      find(`could not be shown: ${String(error).split('\n').slice(0, 3).join(' ')}`)
      await page.screenshot({ path: `${OUT}${view}.failed.jpg`, type: 'jpeg', quality: 70 }).catch(() => {})
    }
    // Its streams and its phone end with it.
    await page.goto('about:blank')
    if (process.env.TIMES) console.log(`${scene.name}.${short} ${Date.now() - began} ms`)
  }
}

/** A window of its own for each page: one behind another gets no frames. */
async function window(lang) {
  const context = await stage.browser.newContext({ viewport: WINDOW, reducedMotion: 'reduce', permissions: ['microphone'], locale: lang })
  await context.addInitScript((chosen) => {
    try {
      localStorage.setItem('hotline.lang', chosen)
    } catch {
      // about:blank has none.
    }
    document.addEventListener('securitypolicyviolation', (e) => console.error(`policy: ${e.violatedDirective} ${e.blockedURI}`))
  }, lang)
  return context
}
await Promise.all(LANGS.map(async (lang) => {
  const left = [...wanted.entries()]
  await Promise.all(Array.from({ length: AT_ONCE / LANGS.length }, async () => {
    const play = await worker(lang, await window(lang))
    for (let next = left.shift(); next; next = left.shift()) await play(next[1], next[0])
  }))
}))
if (only.length === 0) for (const path of routes.all) if (!routes.seen.has(path)) findings.push(`no picture of ${path}`)
await stage.close()
findings.push(...bundle())
if (docs) findings.push(...gallery(OUT, scenes))
for (const line of findings) console.log(line)
const seen = lookOnly ? `${pictures} views looked at` : `${pictures} pictures in ${OUT}`
console.log(`${seen}, ${findings.length} findings, ${Math.round((Date.now() - began) / 1000)} s`)
process.exit(findings.length ? 1 : 0)
