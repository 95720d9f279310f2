// The table of docs/screens, and that the folder stays small.
import { readdirSync, statSync, writeFileSync } from 'node:fs'

/** Most of the folder, bytes: every clone carries it. */
const MOST = 8_000_000

export function gallery(folder, scenes) {
  const there = new Set(readdirSync(folder))
  const cell = (name) => (there.has(name) ? `<a href="${name}"><img src="${name}" width="230" alt=""></a>` : '')
  const rows = scenes.filter((s) => !s.aside).map((s) => `| ${s.about}<br>\`${s.name}\` | ${['zh-light', 'zh-dark', 'en-light', 'en-dark', 'zh-125'].map((v) => cell(`${s.name}.${v}.png`)).join(' | ')} |`)
  writeFileSync(`${folder}README.md`, `# The screens

Taken by \`npm run shots docs\` in web/ from the built app against its mock house, 1280 x 720, in sixteen colours each; the last column is the
same window at 125 %. Of views beside the main ones fewer are kept, so that the folder stays below 8 MB. \`make test\` looks at all of them in both languages, light and dark, at 100, 125 and 200 % (axe-core, layout, targets, words)
and puts its own pictures into target/screens.

| view | zh-CN | zh-CN, dark | en | en, dark | zh-CN at 125 % |
|---|---|---|---|---|---|
${rows.join('\n')}
`)
  const size = readdirSync(folder).reduce((sum, name) => sum + statSync(`${folder}${name}`).size, 0)
  console.log(`docs/screens: ${(size / 1e6).toFixed(1)} MB`)
  return size > MOST ? [`docs/screens has ${(size / 1e6).toFixed(1)} MB, more than ${MOST / 1e6}`] : []
}
