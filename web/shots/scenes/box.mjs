// The black box: top, sound and curves, ladder with script payloads; prompts with their drawer.
const CALL = '/box/01JDZ4Q6B3K7T2M9X5R8W1N0CV'
const down = (selector) => async (page) => {
  await page.waitForSelector(selector)
  await page.evaluate((s) => document.querySelector(s)?.scrollIntoView({ block: 'start' }), selector)
}
export const scenes = [
  { name: 'box', about: 'Black box: verdict and facts', main: true, user: 'supervisor', path: CALL },
  { name: 'box-sound', about: 'Black box: seats and sound', main: true, user: 'auditor', path: CALL, act: down('.lanes') },
  { name: 'box-curves', about: 'Black box: quality', user: 'admin', path: CALL, act: down('.chart') },
  {
    name: 'box-ladder',
    about: 'Black box: SIP ladder',
    main: true,
    user: 'admin',
    path: CALL,
    act: async (page) => {
      await down('svg[role=listbox]')(page)
      await page.locator('[data-index="0"]').focus()
      for (let n = 0; n < 11; n++) await page.keyboard.press('ArrowDown')
    },
  },
  { name: 'admin-prompts', about: 'Prompts', main: true, user: 'admin', path: '/admin/prompts' },
  { name: 'admin-prompt', about: 'Prompts: one of them', user: 'admin', path: '/admin/prompts', act: async (page) => page.click('tbody tr:first-child .file .btn') },
]
