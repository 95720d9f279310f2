// Steps of a flow, one after another in one window of the built app against the mock: each is told, the first that fails leaves a
// picture in test-results/flows.
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { open } from './stage.mjs'

/** Longest wait for one result, ms. */
export const PATIENCE = 8000
const OUT = fileURLToPath(new URL('../test-results/flows/', import.meta.url))

/** Signs `user` in, in a tab of this name. */
export async function begin(user, tab) {
  mkdirSync(OUT, { recursive: true })
  const { base, browser, close } = await open()
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 }, permissions: ['microphone'], acceptDownloads: true, locale: 'zh-CN' })
  const page = await context.newPage()
  page.setDefaultTimeout(PATIENCE)
  const said = []
  page.on('console', (m) => m.type() === 'error' && said.push(m.text()))
  page.on('pageerror', (error) => said.push(String(error)))
  const headers = { 'x-hotline-tab': tab, 'content-type': 'application/json' }
  const api = (method, path, data) => context.request.fetch(`${base}api/v1${path}`, { method, headers, ...(data ? { data } : {}) })
  await api('POST', '/session', { user, password: 'hotline', code: '123456' })

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
  const go = (path) => page.goto(`${base}?tab=${tab}#${path}`)
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
  /** Closes everything; exits with 1 when a step failed or the page complained. */
  async function end() {
    for (const text of new Set(said)) console.log(`FAIL  console: ${text.slice(0, 300)}`)
    await close()
    process.exit(bad + said.length ? 1 : 0)
  }
  return { page, api, step, go, until, end }
}
