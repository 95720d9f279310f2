// The operator's screen in each moment of a call, and the citizen's test phone.
const find = async (page, words) => {
  await page.keyboard.press('/')
  await page.fill('[data-testid=find]', words)
  await page.waitForTimeout(500)
}
const op = (name, moment, more = {}) => ({ name: `operator-${name}`, user: 'operator', path: '/operator', moment, ...more })

export const scenes = [
  op('idle', 'idle'),
  op('ringing', 'ringing', { wait: 1500 }),
  op('talk', 'talk', { act: (page) => find(page, '身份证') }),
  op('answer', 'talk', {
    act: async (page) => {
      await find(page, '身份证')
      await page.keyboard.press('Enter')
      await page.waitForTimeout(300)
    },
  }),
  op('consult', 'consult'),
  op('bridging', 'bridging', { act: (page) => page.keyboard.press('y') }),
  op('three', 'three'),
  op('emergency', 'talk', {
    act: async (page) => {
      await page.keyboard.press('g')
      await page.waitForTimeout(400)
      await page.keyboard.press('3')
    },
  }),
  op('left', 'talk_desk'),
  op('wrap', 'wrap_up', { act: (page) => page.keyboard.press('2') }),
  op('case', 'talk', {
    act: async (page) => {
      await page.keyboard.press('k')
      await page.waitForTimeout(200)
      await page.fill('[data-testid=case-title]', '身份证遗失补领')
      await page.fill('[data-testid=case-content]', '询问所需材料。')
      await page.click('[data-testid=create-case]')
      await page.waitForTimeout(300)
    },
  }),
  op('keys', 'talk', { act: async (page) => {
      await page.keyboard.press('?')
      await page.waitForSelector('dialog')
    } }),
  { name: 'phone', user: 'citizen', path: '/phone', wait: 1500 },
]
