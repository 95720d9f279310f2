// A picture of few colours: decodes the browser's PNG, takes the colours that matter most (median cut), writes a palette PNG (PNG 3rd edition).
import { crc32, deflateSync, inflateSync } from 'node:zlib'

/** Colours of a picture; two a byte. */
const COLOURS = 16
/** Of these, the commonest are kept exactly. */
const KEPT = 8

/** The rows of a truecolour PNG without its filters (section 9.2), three bytes a pixel. */
function decode(png) {
  let at = 8
  const pieces = []
  let width = 0, height = 0, step = 3
  while (at < png.length) {
    const size = png.readUInt32BE(at)
    const kind = png.toString('latin1', at + 4, at + 8)
    const data = png.subarray(at + 8, at + 8 + size)
    if (kind === 'IHDR') {
      width = data.readUInt32BE(0)
      height = data.readUInt32BE(4)
      step = data[9] === 6 ? 4 : 3
      if (data[8] !== 8 || ![2, 6].includes(data[9]) || data[12] !== 0) throw new Error('not the kind of PNG that browsers write')
    }
    if (kind === 'IDAT') pieces.push(data)
    at += 12 + size
  }
  const raw = inflateSync(Buffer.concat(pieces))
  const line = width * step
  const out = Buffer.alloc(line * height)
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (line + 1)]
    for (let x = 0; x < line; x++) {
      const left = x >= step ? out[y * line + x - step] : 0
      const up = y > 0 ? out[(y - 1) * line + x] : 0
      const corner = x >= step && y > 0 ? out[(y - 1) * line + x - step] : 0
      const guess = left + up - corner
      const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)]
      const by = [0, left, up, (left + up) >> 1, a <= b && a <= c ? left : b <= c ? up : corner][filter]
      out[y * line + x] = raw[y * (line + 1) + 1 + x] + by
    }
  }
  const colour = new Uint32Array(width * height)
  for (let n = 0; n < colour.length; n++) colour[n] = (out[n * step] << 16) | (out[n * step + 1] << 8) | out[n * step + 2]
  return { width, height, colour }
}

const part = (colour, n) => (colour >> (16 - 8 * n)) & 255

/** The commonest colours as they are: grounds and sheets differ by little. The rest by median cut, where many pixels count by
 *  their root, so that a red word gets a colour too. */
function palette(colour) {
  const count = new Map()
  for (const one of colour) count.set(one, (count.get(one) ?? 0) + 1)
  const all = [...count].map(([value, n]) => ({ value, n: Math.sqrt(n) })).sort((a, b) => b.n - a.n)
  const values = all.slice(0, KEPT).map((c) => c.value)
  let boxes = all.length > KEPT ? [all.slice(KEPT)] : []
  const spread = (box) => [0, 1, 2].map((n) => {
    const parts = box.map((c) => part(c.value, n))
    return Math.max(...parts) - Math.min(...parts)
  })
  while (boxes.length > 0 && boxes.length < COLOURS - KEPT) {
    const rated = boxes.map((box) => ({ box, spread: box.length > 1 ? Math.max(...spread(box)) * Math.sqrt(box.reduce((sum, c) => sum + c.n, 0)) : 0 }))
    const worst = rated.reduce((a, b) => (b.spread > a.spread ? b : a))
    if (worst.spread === 0) break
    const sides = spread(worst.box)
    const n = sides.indexOf(Math.max(...sides))
    const sorted = worst.box.toSorted((a, b) => part(a.value, n) - part(b.value, n))
    const middle = (part(sorted[0].value, n) + part(sorted.at(-1).value, n)) / 2
    const cut = Math.max(1, sorted.findIndex((c) => part(c.value, n) > middle))
    boxes = boxes.filter((box) => box !== worst.box).concat([sorted.slice(0, cut), sorted.slice(cut)])
  }
  for (const box of boxes) values.push(box.reduce((a, b) => (b.n > a.n ? b : a)).value)
  const far = (a, b) => [0, 1, 2].reduce((sum, n) => sum + (part(a, n) - part(b, n)) ** 2, 0)
  const nearest = (value) => values.reduce((best, one, at) => (far(value, one) < far(value, values[best]) ? at : best), 0)
  return { index: new Map(all.map(({ value }) => [value, nearest(value)])), values }
}

function chunk(kind, data) {
  const out = Buffer.alloc(12 + data.length)
  out.writeUInt32BE(data.length, 0)
  out.write(kind, 4, 'latin1')
  data.copy(out, 8)
  out.writeUInt32BE(crc32(out.subarray(4, 8 + data.length)), 8 + data.length)
  return out
}

/** The same picture in sixteen colours. */
export function reduce(png) {
  const { width, height, colour } = decode(png)
  const { index, values } = palette(colour)
  const line = Math.ceil(width / 2) + 1
  const rows = Buffer.alloc(line * height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) rows[y * line + 1 + (x >> 1)] |= index.get(colour[y * width + x]) << (x & 1 ? 0 : 4)
  }
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head.set([4, 3, 0, 0, 0], 8)
  const colours = Buffer.from(values.flatMap((c) => [0, 1, 2].map((n) => part(c, n))))
  return Buffer.concat([png.subarray(0, 8), chunk('IHDR', head), chunk('PLTE', colours), chunk('IDAT', deflateSync(rows, { level: 9 })), chunk('IEND', Buffer.alloc(0))])
}
