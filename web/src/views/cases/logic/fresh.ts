// Reads something, keeps it while it is read anew, and reads again by itself: what is on the screen is never older than a moment.
import { onBeforeUnmount, onMounted, ref, shallowRef, type Ref } from 'vue'

/** Between two looks, ms. */
const EVERY = 15_000

export interface Fresh<T> {
  value: Ref<T | null>
  error: Ref<unknown>
  busy: Ref<boolean>
  /** Reads now; an older answer that comes later is not taken. */
  read: () => Promise<void>
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
  })
  return { value, error, busy, read, again }
}
