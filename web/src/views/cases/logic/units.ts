// All units by name, asked for once; the units of the board's windows until the house has answered.
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { units as ask, type Unit } from '@/api/promises'
import { useBoard } from '@/live/board'

export const useUnits = defineStore('units', () => {
  const asked = ref<Unit[]>([])
  const board = useBoard()
  let begun = false

  async function load() {
    if (begun) return
    begun = true
    try {
      asked.value = (await ask()).units
    } catch {
      // The windows name theirs; the next view asks again.
      begun = false
    }
  }

  const all = computed<Unit[]>(() => {
    if (asked.value.length) return asked.value
    return [...new Map(board.board.desks.map((d) => [d.unit, { code: d.unit, name: d.unit_name }])).values()]
  })
  const byCode = computed(() => new Map(all.value.map((u) => [u.code, u.name])))
  const name = (code: string) => byCode.value.get(code) ?? code

  return { all, name, load }
})
