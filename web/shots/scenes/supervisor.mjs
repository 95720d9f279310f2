// The wallboard: usual, and with 500 calls.
export const scenes = [
  { name: 'supervisor', about: 'Wallboard', main: true, user: 'supervisor', path: '/supervisor', moment: 'board', until: '.pick', act: (page) => page.click('.pick') },
  { name: 'supervisor-crowd', about: 'Wallboard with 500 calls', user: 'supervisor', path: '/supervisor', moment: 'crowd', until: '.pick' },
]
