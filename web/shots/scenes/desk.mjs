// The window desk in each moment.
const desk = (name, about, moment, more = {}) => ({ name: `desk-${name}`, about: `Window: ${about}`, main: true, user: 'desk', path: '/desk', moment, ...more })

export const scenes = [
  desk('idle', 'waiting', 'idle'),
  desk('rings', 'the hotline rings, with its whisper', 'invite', { until: '[data-testid=accept]' }),
  desk('call', 'in a call', 'desk_talk'),
  desk('closing', 'closing until a time', 'idle', { main: false, act: async (page) => page.click('[data-testid^=close-]') }),
]
