// What browsers load, compressed: everything but the charts, which only the wallboard and the black box ask for.
import { readdirSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

/** Most of all files together without the charts, bytes. */
const MOST = 1_000_000

export function bundle() {
  const root = new URL('../dist/', import.meta.url)
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((f) => f.isFile() && /\.(js|css|html|svg)$/.test(f.name))
  const sum = { app: 0, charts: 0 }
  for (const file of files) sum[file.name.startsWith('charts') ? 'charts' : 'app'] += gzipSync(readFileSync(`${file.parentPath}/${file.name}`), { level: 9 }).length
  const kb = (n) => `${Math.round(n / 1000)} KB`
  console.log(`bundle: ${kb(sum.app)} compressed without charts, charts ${kb(sum.charts)}`)
  return sum.app > MOST ? [`the bundle has ${kb(sum.app)} without charts, more than ${kb(MOST)}`] : []
}
