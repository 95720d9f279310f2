// A browser before the built app, which stands before the mock: shared by the pictures and the flows.
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { createServer } from 'vite'
import { serveBuilt } from './serve.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Opens everything; BUILT=1 takes dist as it is. */
export async function open() {
  if (!process.env.BUILT) execFileSync('npx', ['vite', 'build', '--logLevel', 'error'], { cwd: root, stdio: 'inherit' })
  const server = await createServer({ root, configFile: `${root}vite.config.ts`, server: { port: 0, host: '127.0.0.1', hmr: false, watch: null }, logLevel: 'error' })
  await server.listen()
  const built = await serveBuilt(server.resolvedUrls.local[0])
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    // Fields for dates are the browser's own: as Chinese readers have them.
    env: { ...process.env, LANGUAGE: 'zh_CN' },
    args: ['--lang=zh-CN', '--no-sandbox', '--disable-gpu', '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream', '--allow-loopback-in-peer-connection'],
  })
  const close = async () => {
    await browser.close()
    built.close()
    await server.close()
  }
  return { base: built.url, browser, close }
}
