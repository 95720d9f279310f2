// One tick a second for all timers of the page, and the house's clock beside this machine's.
import { readonly, ref } from 'vue'

const tick = ref(Date.now())
let offset = 0

/** The house's time now, UTC ms; changes once a second. */
export const now = readonly(tick)

/** The house told its time: timers go by it, whatever this machine's clock says. */
export function setHouseTime(at: number) {
  const next = at - Date.now()
  // Network delay alone is no reason to let the timers jump.
  if (Math.abs(next - offset) > 750) {
    offset = next
    tick.value = Date.now() + offset
  }
}

export const houseNow = () => Date.now() + offset

setInterval(() => {
  tick.value = Date.now() + offset
}, 1000)
