// Keys of a view: one registry, so that `?` can list them; they never fire while somebody types.
import { onBeforeUnmount, onMounted, reactive } from 'vue'

export interface KeyBinding {
  /** As `KeyboardEvent.key`, lower case: `a`, `/`, `escape`. */
  key: string
  /** The text's key for the list. */
  text: string
  run: () => void
  /** Whether it does something right now. */
  when?: () => boolean
}

export const bindings = reactive<KeyBinding[]>([])

/** Whether keys belong to what has the focus: a field, an open list, a dialog. */
export function typing(target: EventTarget | null): boolean {
  // A click on plain text inside a dialog leaves the focus nowhere: an open dialog keeps the view's keys away by itself.
  if (document.querySelector('dialog[open]')) return true
  if (!(target instanceof HTMLElement)) return false
  if (target.isContentEditable || target.closest('[role="dialog"], [role="listbox"], [role="menu"]')) return true
  return ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName)
}

function pressed(event: KeyboardEvent) {
  if (event.defaultPrevented || event.repeat || event.isComposing) return
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return
  const key = event.key.toLowerCase()
  // The newest view's binding first: a panel over a view may take a key over.
  const found = [...bindings].reverse().find((b) => b.key === key && (b.when?.() ?? true))
  if (!found) return
  event.preventDefault()
  found.run()
}

/** Keys of one field, for the list alone: the field has them itself. `key` is told as it stands here. */
export const ofField = (key: string, text: string): KeyBinding => ({ key, text, run: () => {}, when: () => false })

let users = 0

export function useKeys(mine: KeyBinding[]) {
  onMounted(() => {
    bindings.push(...mine)
    if (users++ === 0) window.addEventListener('keydown', pressed)
  })
  onBeforeUnmount(() => {
    for (const binding of mine) {
      const at = bindings.findIndex((b) => b.key === binding.key && b.text === binding.text)
      if (at >= 0) bindings.splice(at, 1)
    }
    if (--users === 0) window.removeEventListener('keydown', pressed)
  })
}
