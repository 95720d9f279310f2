// What is wrong with the page that is shown now, looked at from inside it: layout, targets, words. Runs in the browser; leans on nothing.

/** Everything that is found, as lines; `areas`: the first steps of the keys of all texts; `tap`: smallest side of a target, CSS px. */
export function inspect({ areas, tap }) {
  const found = []
  const dialog = [...document.querySelectorAll('dialog[open], .el-drawer')].filter((e) => e.checkVisibility()).at(-1)
  const scope = dialog ?? document.body
  const name = (e) => `${e.tagName.toLowerCase()}${e.id ? `#${e.id}` : ''}${[...e.classList].slice(0, 3).map((c) => `.${c}`).join('')} "${(e.getAttribute('aria-label') ?? e.innerText ?? '').trim().replace(/\s+/g, ' ').slice(0, 24)}"`
  const style = (e) => getComputedStyle(e)
  const shown = (e) => e.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) && !e.closest('.hidden-text, [inert]')

  const root = document.documentElement
  if (root.scrollWidth > root.clientWidth) found.push(`${root.scrollWidth - root.clientWidth} px wider than the window`)
  if (dialog && dialog.scrollWidth > dialog.clientWidth) found.push(`the dialog is ${dialog.scrollWidth - dialog.clientWidth} px wider than its frame`)
  const main = document.querySelector('main')
  if ((main?.innerText ?? '').trim().length < 12) found.push('the main region is empty')

  // Text that its frame cuts off; dots with the whole text in a title are a choice.
  const told = (e) => e.closest('[title]') !== null
  const walker = document.createTreeWalker(scope, NodeFilter.SHOW_TEXT)
  const seen = new Set()
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const e = node.parentElement
    if (!node.data.trim() || !e || seen.has(e) || !shown(e) || e.closest('svg, textarea, option, canvas, .vue-flow')) continue
    seen.add(e)
    const range = document.createRange()
    range.selectNodeContents(node)
    const text = range.getBoundingClientRect()
    if (text.width === 0) continue
    for (let frame = e; frame && frame !== document.body; frame = frame.parentElement) {
      const s = style(frame)
      const box = frame.getBoundingClientRect()
      const cutX = /hidden|clip/.test(s.overflowX) || frame.matches('button, .btn, .tag')
      const cutY = /hidden|clip/.test(s.overflowY) || frame.matches('button, .btn')
      const wide = cutX && (text.right > box.right + 1.5 || text.left < box.left - 1.5)
      const high = cutY && text.height > 0 && (text.bottom > box.bottom + 3 || text.top < box.top - 3)
      if (wide && !(s.textOverflow === 'ellipsis' && told(e))) found.push(`cut: ${name(e)} in ${name(frame)} ${Math.round(text.right - box.right)} px`)
      else if (high && !(s.webkitLineClamp !== 'none' && told(e))) found.push(`cut below: ${name(e)} in ${name(frame)} ${Math.round(text.bottom - box.bottom)} px`)
      if (wide || high || /auto|scroll/.test(s.overflowX + s.overflowY) || s.position === 'fixed') break
    }
  }
  const pen = document.createElement('canvas').getContext('2d')
  for (const input of scope.querySelectorAll('input, select')) {
    if (!shown(input) || /checkbox|radio|file|range|hidden/.test(input.type)) continue
    const s = style(input)
    pen.font = s.font
    const words = input.tagName === 'SELECT' ? (input.selectedOptions[0]?.text ?? '') : input.value || input.placeholder
    const room = input.clientWidth - parseFloat(s.paddingLeft) - parseFloat(s.paddingRight) - (input.tagName === 'SELECT' ? 18 : /date|time/.test(input.type) ? 999 : 0)
    if (room > 0 && pen.measureText(words).width > room + 2 && !input.title) found.push(`cut: ${name(input)} "${words.slice(0, 30)}" ${Math.round(pen.measureText(words).width - room)} px`)
  }

  // Targets: large enough, and none on top of another. What a scrolling frame hides does not count.
  const visible = (e) => {
    let { left, top, right, bottom } = e.getBoundingClientRect()
    for (let frame = e.parentElement; frame; frame = frame.parentElement) {
      if (style(frame).overflow === 'visible' || frame === document.body || frame === root) continue
      const box = frame.getBoundingClientRect()
      left = Math.max(left, box.left)
      top = Math.max(top, box.top)
      right = Math.min(right, box.right)
      bottom = Math.min(bottom, box.bottom)
    }
    return { left, top, right, bottom }
  }
  const floats = (e) => {
    for (let at = e; at; at = at.parentElement) if (/fixed|sticky/.test(style(at).position) || (style(at).position === 'absolute' && Number(style(at).zIndex) >= 10)) return true
    return false
  }
  const targets = [...scope.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button], [role=option], [role=tab]')]
    .filter((e) => shown(e) && !e.closest('.skip, svg'))
    .map((e) => ({ e, box: visible(e), floats: floats(e) }))
    .filter(({ box }) => box.right - box.left > 4 && box.bottom - box.top > 4)
  for (const [n, a] of targets.entries()) {
    const rect = a.e.getBoundingClientRect()
    const inText = a.e.tagName === 'A' && style(a.e).display === 'inline'
    const label = a.e.closest('label')?.getBoundingClientRect()
    const side = Math.min(Math.max(rect.height, label?.height ?? 0), a.e.tagName === 'INPUT' ? 999 : rect.width)
    // A year has 365 buttons: there the least of WCAG 2.2 (2.5.8) is enough.
    if (!inText && side < (a.e.closest('[data-dense]') ? 24 : tap) - 0.5) found.push(`small target: ${name(a.e)} ${Math.round(rect.width)} x ${Math.round(rect.height)}`)
    for (const b of targets.slice(n + 1)) {
      if (a.floats !== b.floats || a.e.contains(b.e) || b.e.contains(a.e)) continue
      const width = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left)
      const height = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top)
      if (width > 2 && height > 2) found.push(`overlap: ${name(a.e)} and ${name(b.e)} by ${Math.round(width)} x ${Math.round(height)}`)
    }
  }

  // Keys of texts and names of events, which nobody should read. Texts of others (SIP, files, code) may look like them.
  const raw = new RegExp(`(?<![\\w./@-])(${areas.join('|')}|call|room|leg|ivr|agent)\\.[a-z][A-Za-z_]+(\\.[A-Za-z_]+)*(?![\\w/.@-])`)
  const words = [...seen].filter((e) => !e.closest('pre, code, kbd, textarea, .file-text')).map((e) => [...e.childNodes].filter((n) => n.nodeType === 3).map((n) => n.data).join(' '))
  for (const e of scope.querySelectorAll('[aria-label], [title], [placeholder], [alt]')) words.push(...['aria-label', 'title', 'placeholder', 'alt'].map((n) => e.getAttribute(n) ?? ''))
  for (const text of new Set(words)) if (raw.test(text)) found.push(`raw words: "${text.trim().slice(0, 60)}"`)
  return [...new Set(found)]
}

/** Comes true once the page rests: fonts there, no grey lines, nothing moves, the document unchanged for `quiet` ms. */
export async function rests(quiet) {
  await document.fonts.ready
  const end = Date.now() + 30_000
  // Of less motion only hundredths of a millisecond are left, which a page behind another one may never get a frame for.
  const moving = (a) => {
    const { iterations, duration } = a.effect?.getComputedTiming() ?? {}
    return a.playState === 'running' && iterations !== Infinity && duration > 20
  }
  const busy = () => document.querySelector('.skeleton') !== null || document.querySelector('main h1, main h2') === null
    || document.getAnimations().some(moving)
  let last = Date.now()
  // Timers tick and levels move for ever.
  const moves = (record) => !(record.target.parentElement ?? record.target).closest?.('[role=timer], .level, .num')
  const watch = new MutationObserver((records) => {
    if (records.some(moves)) last = Date.now()
  })
  watch.observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true })
  while (Date.now() < end) {
    await new Promise((frame) => setTimeout(frame, 30))
    if (busy()) last = Date.now()
    else if (Date.now() - last >= quiet) break
  }
  watch.disconnect()
  return Date.now() < end
}
