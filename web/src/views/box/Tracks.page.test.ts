// The sound of a call: what was pressed last is heard, and nothing once the page was left.
import { beforeEach, expect, test, vi } from 'vitest'
import { house } from '@/testing/house'
import { mount, settled } from '@/testing/mount'
import Tracks from './Tracks.vue'

const heard: string[] = []
beforeEach(() => {
  heard.length = 0
  vi.stubGlobal('Audio', class {
    src = ''
    currentTime = 0
    paused = true
    onpause = () => {}
    pause() {
      if (!this.paused) this.onpause()
      this.paused = true
    }
    play() {
      this.paused = false
      heard.push(this.src)
      return Promise.resolve()
    }
  })
  let n = 0
  vi.stubGlobal('URL', Object.assign(URL, { createObjectURL: () => `sound ${++n}`, revokeObjectURL: () => {} }))
  vi.stubGlobal('ResizeObserver', class { observe() {} disconnect() {} })
})

const recording = (no: number) => ({ no, kind: 'mix', leg: null, tracks: ['mix'], started_at: 0, duration_ms: 1000, url: '' })
async function tracks() {
  const asked = house()
  const page = await mount(Tracks, { props: { call: 'one', modelValue: 0, scale: { from: 0, to: 1000 }, recordings: [recording(1), recording(2)], seats: [], events: [] } })
  for (const name of ['first', 'second']) await asked.shift()!.answer({ per_second: 1, tracks: [{ name, peaks: [] }, { name: `${name} beside`, peaks: [] }] })
  const play = async (n: number) => page.clickNth('▶', n)
  await play(0)
  await page.write('box.reason', 'complaint')
  await page.submit()
  expect(asked.map((q) => q.path)).toEqual(['/calls/one/recordings/1?reason=complaint'])
  return { page, asked, play }
}

test('a recording that comes after the page was left is not played', async () => {
  const { page, asked } = await tracks()
  page.unmount()
  await asked[0]!.answer('sound')
  expect(heard).toEqual([])
})

test('of two recordings the one that was pressed last is heard, once', async () => {
  const { asked, play } = await tracks()
  await play(2)
  await asked[1]!.answer('of the second')
  await asked[0]!.answer('of the first')
  await settled()
  expect(heard).toEqual(['sound 1'])
})

test('the sound of one recording is fetched once, whatever is pressed meanwhile', async () => {
  const { asked, play } = await tracks()
  await play(1)
  expect(asked).toHaveLength(1)
  await asked[0]!.answer('of the first')
  expect(heard).toEqual(['sound 1'])
})
