// Number and names, none twice.
import { expect, test } from 'vitest'
import { called, seatName } from './people'

test('a name stands beside its number, once', () => {
  expect(called('1001', '王丽')).toBe('1001 王丽')
  expect(called('1001', '1001')).toBe('1001')
  expect(called('', null, undefined)).toBe('')
})

test('a window has its own name and the one of who sits there', () => {
  expect(seatName({ party_ref: '012', name: '李敏', desk_name: '户籍一号窗口' })).toBe('012 户籍一号窗口 李敏')
  expect(seatName({ party_ref: '012', name: '户籍一号窗口', desk_name: '户籍一号窗口' })).toBe('012 户籍一号窗口')
  expect(seatName({ party_ref: '' })).toBe('')
})
