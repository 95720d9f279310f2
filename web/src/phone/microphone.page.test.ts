// Nobody is left with an open microphone: what the browser grants after the dialog was closed is closed again.
import { afterEach, expect, test, vi } from 'vitest'
import { house } from '@/testing/house'
import { mount, settled } from '@/testing/mount'

const record = vi.fn()
vi.mock('@/sound/browser', () => ({ record, asWav: vi.fn(), decode: vi.fn() }))
const { default: Devices } = await import('./Devices.vue')
const { default: PromptDrawer } = await import('@/views/admin/prompts/PromptDrawer.vue')
const { useSession } = await import('@/stores/session')

afterEach(() => vi.unstubAllGlobals())

/** A browser that asks for the microphone: granted by hand, and how many are open. */
function browser() {
  let open = 0
  const grants: (() => Promise<void>)[] = []
  const getUserMedia = () => new Promise((take) => grants.push(async () => {
    open++
    take({ getTracks: () => [{ stop: () => open-- }] })
    await settled()
  }))
  vi.stubGlobal('navigator', { userAgent: '', mediaDevices: { addEventListener: () => {}, getUserMedia, enumerateDevices: () => Promise.resolve([{ kind: 'audioinput', deviceId: 'a', label: 'one' }, { kind: 'audioinput', deviceId: 'b', label: 'two' }]) } })
  const node = { fftSize: 0, connect: () => {}, getFloatTimeDomainData: () => {} }
  vi.stubGlobal('AudioContext', class {
    createAnalyser = () => node
    createMediaStreamSource = () => node
    close = () => Promise.resolve()
  })
  return { grants, open: () => open }
}

test('the dialog of the devices is closed while the browser asks', async () => {
  const { grants, open } = browser()
  const page = await mount(Devices)
  page.unmount()
  await grants[0]!()
  expect(open()).toBe(0)
})

test('another microphone is chosen while the browser asks for the one before', async () => {
  const { grants, open } = browser()
  const page = await mount(Devices)
  const chosen = page.change('select', 'b')
  await settled()
  await grants[1]!()
  await grants[0]!()
  await chosen
  expect(open()).toBe(1)
  page.unmount()
  expect(open()).toBe(0)
})

test('the drawer of a prompt is closed while the browser asks', async () => {
  house()
  const drop = vi.fn()
  let granted: (begun: object) => void = () => {}
  record.mockImplementation(() => new Promise((take) => (granted = take)))
  const prompt = { id: '001', zh: '', en: '', slots: [], files: { en: { ms: 0, missing: true, source: 'shipped' } } }
  const page = await mount(PromptDrawer, { props: { prompt, lang: 'en', tts: false } })
  useSession().me = { user: 'root', role: 'admin' } as never
  await settled()
  await page.click('admin.prompts.record')
  page.unmount()
  granted({ level: () => 0, stop: vi.fn(), drop })
  await settled()
  expect(drop).toHaveBeenCalledOnce()
})
