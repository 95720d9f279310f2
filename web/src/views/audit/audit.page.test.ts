// Older lines of the audit belong to what was asked for, not to what was typed since.
import { expect, test } from 'vitest'
import { house } from '@/testing/house'
import { mount } from '@/testing/mount'
import Audit from './Audit.vue'

const line = (id: number) => ({ id, at: 0, who: 'li', role: 'admin', what: 'call.box', target: '', from: '', detail: `detail ${id}` })

test('what is typed and not asked for yet does not filter the older lines', async () => {
  const asked = house()
  const page = await mount(Audit)
  await asked[0]!.answer({ lines: [line(9)], next: 9 })
  await page.write('audit.who', 'wang')
  await page.click('audit.more')
  expect(asked[1]!.path).toBe('/audit?limit=100&before=9')
  await asked[1]!.answer({ lines: [line(8)], next: null })
  expect(page.text()).toMatch(/detail 9.*detail 8/)
  await page.submit()
  expect(asked[2]!.path).toBe('/audit?limit=100&who=wang')
  await asked[2]!.answer({ lines: [line(3)], next: null })
  expect(page.text()).not.toMatch(/detail [89]/)
})
