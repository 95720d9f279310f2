// The window desk in each moment.
const desk = (name, moment, more = {}) => ({ name: `desk-${name}`, user: 'desk', path: '/desk', moment, ...more })

export const scenes = [
  desk('idle', 'idle'),
  desk('rings', 'invite', { wait: 1500 }),
  desk('call', 'desk_talk'),
  desk('closing', 'idle', {
    act: async (page) => {
      await page.click('[data-testid^=close-]')
      await page.waitForTimeout(300)
    },
  }),
]
