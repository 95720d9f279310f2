// Places of the files in the words of their forms.
import { expect, test } from 'vitest'
import { brief, spoken } from './spoken'

test.each([
  ['routing.toml', ['limits', 'max_calls'], '总量与时限 · 同时通话上限'],
  ['desks.toml', ['desk', { no: '012' }, 'members'], '窗口 012 · 人员'],
  ['desks.toml', ['desk', { no: '012' }], '窗口 012'],
  ['trunks.toml', ['trunk', { name: 'telecom' }, 'channels'], '中继 telecom · 同时通话上限'],
  ['menus.toml', ['menu', 'root', 'keys', '4'], '菜单 root · 按键 4'],
  ['menus.toml', ['menu', 'desk', 'nothing'], '菜单 desk · 无按键'],
  ['menus.toml', ['greeting', 'unknown'], 'greeting › unknown'],
])('%s %j', (file, at, words) => {
  expect(spoken({ file, at })).toBe(words)
})

test('values on one line', () => {
  expect(brief(['2012', '2013'])).toBe('2012，2013')
  expect(brief(true)).toBe('是')
  expect(brief({ a: 1 })).toBe('{"a":1}')
})
