// Mock: the prompts of prompts.tsv; a few are missing, uploads stay as long as the mock runs.
import { existsSync, readFileSync } from 'node:fs'
import { encodeWav } from '../../src/sound/wav'
import { json, type Asked, type Route } from '../types'

const ROOT = new URL('../prompts/', `file://${process.cwd()}/`)
const own = new Map<string, string>()
const key = (asked: Asked) => `${asked.params['lang']}/${asked.params['id']}`
const tone = () => new Uint8Array(encodeWav(Float32Array.from({ length: 24_000 }, (_, i) => 0.4 * Math.sin(i / 9) * Math.abs(Math.sin(i / 2500))), 16_000))

function list() {
  const lines = readFileSync(new URL('prompts.tsv', ROOT), 'utf8').trim().split('\n').slice(1)
  return lines.map((line) => {
    const [id = '', zh = '', en = ''] = line.split('\t')
    const slots = [...zh.matchAll(/\{(\w+)\}/g)].map((m) => m[1]!)
    const file = (lang: string) => {
      const missing = (slots.length === 0 && !existsSync(new URL(`${lang}/${id}.wav`, ROOT))) || id === 'P71'
      return { ms: 1400 + line.length * 40, missing: missing && !own.has(`${lang}/${id}`), source: own.get(`${lang}/${id}`) ?? 'shipped' }
    }
    return { id, zh, en, slots, files: { 'zh-CN': file('zh-CN'), en: file('en') } }
  })
}
const put = (source: string) => (asked: Asked) => {
  own.set(key(asked), source)
  return { status: 204 }
}

export const routes: Route[] = [
  ['GET', '/prompts', () => json({ prompts: list(), tts: true })],
  ['GET', '/prompts/:lang/:id/sound', (asked) => {
    const file = new URL(`${key(asked)}.wav`, ROOT)
    return { raw: existsSync(file) ? readFileSync(file) : tone(), type: 'audio/wav' }
  }],
  ['PUT', '/prompts/:lang/:id/sound', put('uploaded')],
  ['POST', '/prompts/:lang/:id/speak', put('spoken')],
  ['DELETE', '/prompts/:lang/:id/sound', (asked) => {
    own.delete(key(asked))
    return { status: 204 }
  }],
]
