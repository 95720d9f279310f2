// The wallboard: usual, and with 500 calls.
export const scenes = [
  { name: 'supervisor', user: 'supervisor', path: '/supervisor', moment: 'board', wait: 2500, act: (page) => page.click('.pick') },
  { name: 'supervisor-crowd', user: 'supervisor', path: '/supervisor', moment: 'crowd', wait: 2500 },
]
