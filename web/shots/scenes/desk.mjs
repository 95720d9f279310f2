// The window desk in each moment.
const desk = (name, about, moment, more = {}) => ({ name: `desk-${name}`, about: `Window: ${about}`, main: true, user: 'desk', path: '/desk', moment, ...more })

export const scenes = [
  desk('idle', 'waiting; hand-overs with their ten minutes', 'idle', { until: '.hands .card' }),
  desk('rings', 'the hotline rings, with its whisper', 'invite', { until: '[data-testid=accept]' }),
  desk('call', 'in a call', 'desk_talk'),
  desk('report', 'a hand-over: its case and what the unit reports', 'idle', {
    until: '.hands .card',
    act: async (page) => {
      await page.locator('[data-testid=hand-open]').nth(1).click()
      await page.click('[data-testid=step-echo1]')
    },
  }),
  desk('closing', 'closing until a time', 'idle', { main: false, act: async (page) => page.click('[data-testid^=close-]') }),
]
