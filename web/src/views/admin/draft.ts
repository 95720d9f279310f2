// The draft of the configuration: one store behind all admin pages. Every edit goes to the house at once and comes back checked.
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import * as api from '@/api/config'
import type { Config, Edit, Fault, FileDiff, Rehearsal } from '@/api/config'
import type { Model, Plain } from '@/api/model'
import { Problem } from '@/api/problem'
import { useSession } from '@/stores/session'
import { changes, undo, type Change } from './logic/changes'
import { locate, settingAt, starts, type Located } from './logic/locate'
import { same, samePath, valueAt, whole, type Path, type Place } from './logic/path'

/** A fault and the setting that it belongs to, when that is known. */
export interface PlacedFault extends Fault {
  at: Path | undefined
}

/** How often the house is asked how far a rehearsal is, ms. */
const PROGRESS_EVERY = 700

export const useDraft = defineStore('draft', () => {
  const session = useSession()
  const published = shallowRef<Config | null>(null)
  const draft = shallowRef<Config | null>(null)
  const rehearsal = shallowRef<Rehearsal | null>(null)
  const share = ref<number | null>(null)
  const busy = ref(0)
  const problem = shallowRef<Problem | null>(null)
  let chain: Promise<unknown> = Promise.resolve()

  const holder = computed(() => published.value?.draft ?? null)
  const mine = computed(() => {
    const me = session.me
    return holder.value !== null && me !== null && (holder.value.by === me.user || holder.value.by === me.name)
  })
  const mayEdit = computed(() => session.role === 'admin')
  const editing = computed(() => mayEdit.value && mine.value && draft.value !== null)
  const shown = computed(() => (editing.value ? draft.value : published.value))
  const model = computed<Model | null>(() => shown.value?.model ?? null)
  const files = computed(() => shown.value?.files ?? [])
  const diff = computed<FileDiff[]>(() => (editing.value ? (draft.value?.diff ?? []) : []))
  const changed = computed<Change[]>(() => {
    const was = published.value
    const now = draft.value
    return editing.value && was && now ? changes(was.model, now.model) : []
  })
  const faults = computed<PlacedFault[]>(() => {
    const list = editing.value ? (draft.value?.faults ?? []) : (published.value?.faults ?? [])
    const maps = new Map<string, Located[]>()
    return list.map((fault) => ({ ...fault, at: settingAt(mapOf(fault.file, maps), fault.line, fault.column) }))
  })
  const errors = computed(() => faults.value.filter((f) => f.severity !== 'warning').length)
  const rehearsed = computed(() => (editing.value ? (draft.value?.rehearsed ?? null) : null))
  const ready = computed(() => errors.value === 0 && rehearsed.value?.ok === true && holder.value?.stale !== true)

  function mapOf(file: string, maps: Map<string, Located[]>): Located[] {
    const known = maps.get(file)
    if (known) return known
    const found = locate(files.value.find((f) => f.name === file)?.text ?? '')
    maps.set(file, found)
    return found
  }

  /** Runs one after the other: an edit never overtakes the one before. */
  function inTurn<T>(work: () => Promise<T>): Promise<T | undefined> {
    const next = chain.then(async () => {
      busy.value += 1
      problem.value = null
      try {
        return await work()
      } catch (error) {
        if (!(error instanceof Problem)) throw error
        problem.value = error
        return undefined
      } finally {
        busy.value -= 1
      }
    })
    chain = next.catch(() => undefined)
    return next
  }

  async function read() {
    const now = await api.readConfig()
    published.value = { ...now, model: whole(now.model) }
    if (mine.value && mayEdit.value) await readDraft()
    else draft.value = null
  }
  async function readDraft() {
    const now = await api.readConfig(true)
    draft.value = { ...now, model: whole(now.model, published.value?.model) }
  }

  const load = () => inTurn(read)
  const begin = (takeOver = false) =>
    inTurn(async () => {
      await api.beginDraft(takeOver)
      rehearsal.value = null
      await read()
    })
  const discard = () =>
    inTurn(async () => {
      await api.discardDraft()
      rehearsal.value = null
      await read()
    })

  /** Sends edits; true when the house took them. */
  async function edit(edits: Edit[]): Promise<boolean> {
    const done = await inTurn(async () => {
      await api.editDraft(edits)
      rehearsal.value = null
      await readDraft()
      return true
    })
    return done === true
  }
  async function putFile(name: string, text: string): Promise<boolean> {
    const done = await inTurn(async () => {
      await api.putFile(name, text)
      rehearsal.value = null
      await readDraft()
      return true
    })
    return done === true
  }

  /** One setting: written, or taken out when there is nothing to say. */
  function put(place: Place, value: Plain | undefined): Promise<boolean> {
    const was = model.value ? valueAt(model.value, place) : undefined
    if (same(was, value)) return Promise.resolve(true)
    return edit([value === undefined ? { ...place, op: 'remove' } : { ...place, op: 'set', value }])
  }
  const takeBack = (change: Change) => edit(undo(change))

  /** What is published at this place. */
  function before(place: Place): Plain | undefined {
    return published.value ? valueAt(published.value.model, place) : undefined
  }
  function now(place: Place): Plain | undefined {
    return model.value ? valueAt(model.value, place) : undefined
  }
  /** The faults of exactly this setting, or of it and all below it. */
  function faultsAt(place: Place, below = false): PlacedFault[] {
    return faults.value.filter((f) => f.file === place.file && f.at && (below ? starts(f.at, place.at) : samePath(f.at, place.at)))
  }

  async function rehearse() {
    share.value = 0
    const timer = setInterval(() => {
      void api.rehearsalProgress().then((p) => {
        if (share.value !== null && p.running) share.value = p.share
      }, () => undefined)
    }, PROGRESS_EVERY)
    await inTurn(async () => {
      try {
        rehearsal.value = await api.rehearse()
      } finally {
        clearInterval(timer)
        share.value = null
      }
      await readDraft()
    })
  }
  /** Ends a rehearsal that runs. */
  const cancel = () => api.cancelRehearsal().catch(() => undefined)
  /** The last rehearsal of this draft, when the page was opened after it. */
  async function lastRehearsal() {
    if (rehearsal.value || !rehearsed.value) return
    const of = draft.value
    const last = await api.rehearsalProgress().then((p) => p.result, () => null)
    // Edited or rehearsed meanwhile: it says nothing about this draft.
    if (draft.value === of && !rehearsal.value) rehearsal.value = last
  }

  const publish = (comment: string) =>
    inTurn(async () => {
      const { version } = await api.publishDraft(comment)
      rehearsal.value = null
      await read()
      return version
    })
  const restore = (id: string, comment: string) =>
    inTurn(async () => {
      const { version } = await api.restoreVersion(id, comment)
      await read()
      return version
    })

  return {
    published, draft, rehearsal, share, busy, problem, holder, mine, mayEdit, editing, model, files, diff, changed, faults, errors,
    rehearsed, ready, load, begin, discard, edit, putFile, put, takeBack, before, now, faultsAt, rehearse, cancel, lastRehearsal, publish, restore,
  }
})
