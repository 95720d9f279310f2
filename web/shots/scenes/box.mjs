// The black box: top, sound and curves, ladder with script payloads; prompts with their drawer.
const down = (selector) => async (page) => {
  await page.waitForSelector(selector)
  await page.locator(selector).first().scrollIntoViewIfNeeded()
  await page.evaluate((s) => document.querySelector(s)?.scrollIntoView({ block: 'start' }), selector)
  await page.waitForTimeout(500)
}
export const scenes = [
  { name: 'box', user: 'supervisor', path: '/box/01JDZ4Q6B3K7T2M9X5R8W1N0CV' },
  { name: 'box-sound', user: 'auditor', path: '/box/01JDZ4Q6B3K7T2M9X5R8W1N0CV', act: down('.lanes') },
  { name: 'box-curves', user: 'admin', path: '/box/01JDZ4Q6B3K7T2M9X5R8W1N0CV', act: down('.chart') },
  {
    name: 'box-ladder',
    user: 'admin',
    path: '/box/01JDZ4Q6B3K7T2M9X5R8W1N0CV',
    act: async (page) => {
      await down('svg[role=listbox]')(page)
      await page.locator('[data-index="0"]').focus()
      for (let n = 0; n < 11; n++) await page.keyboard.press('ArrowDown')
    },
  },
  { name: 'admin-prompts', user: 'admin', path: '/admin/prompts' },
  {
    name: 'admin-prompt',
    user: 'admin',
    path: '/admin/prompts',
    act: async (page) => {
      await page.click('tbody tr:first-child .file .btn')
      await page.waitForTimeout(1200)
    },
  },
]
