// An import says what it would do before it does it: it must be what was asked last.
import { expect, test } from 'vitest'
import { house } from '@/testing/house'
import { mount } from '@/testing/mount'
import Import from './Import.vue'

test('how entries are taken in can’t be changed while it is tried out: what is shown belongs to what is chosen', async () => {
  const asked = house()
  const page = await mount(Import)
  await page.drop('entries.csv', 'title,body\na,b\n')
  expect(asked.map((q) => q.path)).toEqual(['/knowledge/import?mode=merge&dry_run=true'])
  expect(page.prop('fieldset', 'disabled')).toBe(true)
  await asked[0]!.answer({ applied: false, added: 1, changed: 0, removed: 0, same: 0, faults: [] })
  expect(page.prop('fieldset', 'disabled')).toBe(false)
})
