// The operator's screen in each moment of a call, and the citizen's test phone.
const find = async (page, words) => {
  await page.keyboard.press('/')
  await page.fill('[data-testid=find]', words)
  await page.waitForSelector('.hit')
}
const op = (name, about, moment, more = {}) => ({ name: `operator-${name}`, about: `Operator: ${about}`, user: 'operator', path: '/operator', moment, ...more })

export const scenes = [
  op('idle', 'ready', 'idle', { main: true }),
  op('ringing', 'a call comes', 'ringing', { main: true, until: '[data-testid=answer]' }),
  op('talk', 'talking and searching', 'talk', { main: true, act: (page) => find(page, '身份证') }),
  op('answer', 'an answer opened', 'talk', {
    act: async (page) => {
      await find(page, '身份证')
      await page.keyboard.press('Enter')
      await page.waitForSelector('.hit', { state: 'detached' })
    },
  }),
  op('consult', 'consulting a window', 'consult'),
  op('bridging', 'a window is being called', 'bridging', { act: (page) => page.keyboard.press('y') }),
  op('three', 'three-way call', 'three', { main: true }),
  op('emergency', 'emergency, pressed once', 'talk', {
    act: async (page) => {
      await page.keyboard.press('g')
      await page.waitForSelector('dialog')
      await page.keyboard.press('3')
    },
  }),
  op('left', 'citizen and window alone', 'talk_desk'),
  op('wrap', 'outcome in wrap-up', 'wrap_up', { main: true, act: (page) => page.keyboard.press('2') }),
  op('case', 'a case opened', 'talk', {
    act: async (page) => {
      await page.keyboard.press('k')
      await page.fill('[data-testid=case-title]', '身份证遗失补领')
      await page.fill('[data-testid=case-content]', '询问所需材料。')
      await page.click('[data-testid=create-case]')
      await page.waitForSelector('[data-testid=case-no]')
    },
  }),
  op('keys', 'all keys', 'talk', { act: async (page) => {
      await page.keyboard.press('?')
      await page.waitForSelector('dialog')
    } }),
  { name: 'phone', about: "A citizen's test phone", main: true, user: 'citizen', path: '/phone', until: '[data-testid=dial]:enabled' },
]
