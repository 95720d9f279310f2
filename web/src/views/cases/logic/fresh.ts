// Reads something, keeps it while it is read anew, and reads again by itself: what is on the screen is never older than a moment.
import { onBeforeUnmount, onMounted, ref, shallowRef, type Ref } from 'vue'

/** Between two looks, ms. */
const EVERY = 15_000
/** After a step, ms: what the house does next of itself (the first call of a hand-over) is written by then. */
const SOON = 1_500

export interface Fresh<T> {
  value: Ref<T | null>
  error: Ref<unknown>
  busy: Ref<boolean>
  /** Reads now; an older answer that comes later is not taken. */
  read: () => Promise<void>
  /** Takes what a step answered, and looks once more when the house has gone on by itself. */
  took: (next: T) => void
  /** Forgets and reads: it is another thing now. */
  again: () => Promise<void>
}

/** `every`: ms between two looks; 0: only when asked. */
export function useFresh<T>(what: () => Promise<T>, every = EVERY): Fresh<T> {
  const value = shallowRef<T | null>(null)
  const error = ref<unknown>(null)
  const busy = ref(false)
  let turn = 0

  async function look(quiet: boolean) {
    const mine = ++turn
    busy.value = !quiet
    try {
      const found = await what()
      if (mine !== turn) return
      value.value = found
      error.value = null
    } catch (problem) {
      // What is shown stays when only a look in between fails.
      if (mine === turn && (!quiet || value.value === null)) error.value = problem
    } finally {
      if (mine === turn) busy.value = false
    }
  }
  const read = () => look(false)
  const again = () => {
    value.value = null
    return look(false)
  }
  let later: ReturnType<typeof setTimeout> | null = null
  function took(next: T) {
    // A look that was on its way is older than this.
    turn++
    value.value = next
    error.value = null
    if (later) clearTimeout(later)
    later = setTimeout(shown, SOON)
  }
  const shown = () => document.visibilityState === 'visible' && void look(true)

  let timer: ReturnType<typeof setInterval> | null = null
  onMounted(() => {
    void look(false)
    document.addEventListener('visibilitychange', shown)
    if (every) timer = setInterval(shown, every)
  })
  onBeforeUnmount(() => {
    turn++
    document.removeEventListener('visibilitychange', shown)
    if (timer) clearInterval(timer)
    if (later) clearTimeout(later)
  })
  return { value, error, busy, read, took, again }
}
