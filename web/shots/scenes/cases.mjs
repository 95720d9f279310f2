// Cases and their promise clocks.
const NO = '261130000017'
const HARD = '261124000046'
const press = (id) => async (page) => page.click(`[data-testid=${id}]`)

export const scenes = [
  { name: 'cases-call', about: 'Cases while one talks', user: 'operator', moment: 'talk', path: '/cases', until: '.strip' },
  { name: 'cases', about: 'Cases by what is due next', main: true, user: 'operator', path: '/cases', until: '.line' },
  { name: 'case', about: 'A case: clocks, echoes, steps', main: true, user: 'operator', path: `/cases/${NO}`, until: '[data-testid=step-called_back]' },
  { name: 'case-hard', about: 'A case in its second round: missed, denied, an extension to answer', user: 'supervisor', path: `/cases/${HARD}`, until: '[data-testid=step-answer_extension]', act: press('step-answer_extension') },
  {
    name: 'case-refused',
    about: 'A case: a step that the house refuses',
    user: 'operator',
    path: `/cases/${NO}`,
    until: '[data-testid=step-reported]',
    act: async (page) => {
      await page.click('[data-testid=step-reported]')
      await page.fill('.step-form input', '3022')
      await page.click('[data-testid=step-go]')
      await page.waitForSelector('.step-form [role=alert]')
    },
  },
  {
    name: 'case-asked',
    about: 'A case: what a citizen said to a person',
    user: 'operator',
    path: '/cases/261126000113?step=asked',
    until: '.step-form',
    act: async (page) => {
      await page.click('.step-form fieldset:nth-of-type(1) .btn:first-child')
      await page.click('.step-form .btn:has(input[value="4"])')
    },
  },
  { name: 'case-history', about: 'A case: its history', user: 'supervisor', path: `/cases/${HARD}`, until: '#history', act: async (page) => page.locator('#history').scrollIntoViewIfNeeded() },
]
