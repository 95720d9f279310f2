// A document's styles apart from the rest of it.
import { expect, test } from 'vitest'
import { apart } from './showHtml'

test('every style, whatever its attributes, in order', () => {
  const { styles, rest } = apart('<head><style media="print">a{}</style><title>x</title><STYLE>b\n{}</STYLE ></head><p style="c:d">y</p>')
  expect(styles).toEqual(['a{}', 'b\n{}'])
  expect(rest).toBe('<head><title>x</title></head><p style="c:d">y</p>')
})
