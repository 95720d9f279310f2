// What the operator works on: the call, whom to bring in, the case; every order with its refusal told.
import { defineStore } from 'pinia'
import { computed, ref, watch } from 'vue'
import * as calls from '@/api/calls'
import type { AgentState, BoardDesk } from '@/api/board'
import { i18n } from '@/i18n'
import { useBoard } from '@/live/board'
import { attempt } from '@/parts/notice'
import { usePhone } from '@/phone/phone'
import { useSession } from '@/stores/session'
import { bestDesk } from './target'

export interface Target {
  /** The desk that is asked for; with a service, the first that could take it. */
  desk: string
  service: { code: string; name: string; desks: string[] } | null
}

export const useWork = defineStore('work', () => {
  const board = useBoard()
  const phone = usePhone()
  const session = useSession()
  const target = ref<Target | null>(null)
  /** Orders under way: the same one is not given twice, another one waits its turn. */
  const underWay = ref<string[]>([])
  let last: Promise<unknown> = Promise.resolve()
  const recording = ref(true)
  /** The case that was opened or attached for this call. */
  const caseNo = ref('')

  const call = computed(() => board.mine)
  const me = computed(() => board.me)
  const state = computed<AgentState>(() => board.me?.state ?? 'off')
  /** The call that the forms belong to: also after it ended, until its outcome is told. */
  const about = computed(() => call.value?.id ?? me.value?.outcome_due ?? (state.value === 'wrap_up' ? (me.value?.call ?? null) : null))
  const stage = computed(() => call.value?.stage ?? null)
  const desks = computed(() => new Map<string, BoardDesk>(board.board.desks.map((d) => [d.no, d])))
  const mySeat = computed(() => call.value?.seats.find((s) => s.seat === 'operator' && s.party_ref === me.value?.staff) ?? null)
  const citizen = computed(() => call.value?.seats.find((s) => s.seat === 'citizen') ?? null)
  const other = computed(() => call.value?.seats.find((s) => ['desk', 'liaison', 'emergency'].includes(s.seat)) ?? null)
  const talking = computed(() => mySeat.value !== null && ['joined', 'private', 'held'].includes(mySeat.value.state))

  const can = computed(() => {
    const at = stage.value
    const inTalk = talking.value && at !== null
    const alone = at === 'talk'
    const free = (name: string) => !underWay.value.includes(name)
    return {
      answer: phone.call?.state === 'ringing',
      bring: inTalk && alone && target.value !== null && free('bring'),
      merge: inTalk && (at === 'consult' || at === 'ringing') && free('merge'),
      drop: inTalk && other.value !== null && free('drop'),
      leave: inTalk && (at === 'three' || at === 'ringing') && free('leave'),
      recall: at === 'talk_desk' && free('recall'),
      hold: inTalk && (alone || at === 'three') && free('hold'),
      mute: inTalk && free('mute'),
      record: inTalk && free('record'),
      emergency: inTalk && free('emergency'),
      survey: inTalk && alone && free('survey'),
      hangUp: (inTalk || at === 'debrief') && free('hangUp'),
    }
  })

  // A new call starts with a clean desk.
  watch(about, (now, before) => {
    if (now === before || now === null) return
    recording.value = true
    caseNo.value = call.value?.case ?? ''
    target.value = null
    const wish = call.value
    if (wish?.desk) chooseDesk(wish.desk)
  })

  async function order(name: string, what: (id: string) => Promise<unknown>, done?: string): Promise<boolean> {
    const id = about.value
    if (!id || underWay.value.includes(name)) return false
    underWay.value = [...underWay.value, name]
    const mine = last.then(() => attempt(() => what(id), done))
    last = mine
    try {
      return await mine
    } finally {
      underWay.value = underWay.value.filter((one) => one !== name)
    }
  }

  function chooseDesk(no: string) {
    target.value = { desk: no, service: null }
  }

  function chooseService(service: { code: string; name: string; desks: string[] }) {
    target.value = { desk: bestDesk(service.desks, desks.value), service }
  }

  async function bring(mode: 'bridge' | 'consult') {
    const to = target.value
    if (!to || !can.value.bring) return
    const where = to.service ? { service: to.service.code } : { desk: to.desk }
    await order('bring', (id) => calls.bridge(id, { ...where, mode, ...(caseNo.value ? { case: caseNo.value } : {}) }))
  }

  async function setState(next: AgentState) {
    const staff = session.me?.staff
    if (staff) await attempt(() => calls.setState(staff, next))
  }

  async function record(on: boolean) {
    const id = about.value
    // Of another call by now: its recording runs.
    if ((await order('record', (call) => calls.recording(call, on))) && about.value === id) recording.value = on
  }

  /** A case was opened for a call, or took it in: the next caller's case it is not, however late the house says so. */
  function belongs(id: string | null, no: string) {
    if (about.value === id) caseNo.value = no
  }

  async function tellOutcome(words: calls.OutcomeWords): Promise<boolean> {
    return order('outcome', (id) => calls.outcome(id, words), i18n.global.t('operator.outcomeTold'))
  }

  return {
    call, me, state, about, stage, desks, mySeat, citizen, other, talking, can, target, underWay, recording, caseNo,
    chooseDesk, chooseService, bring, setState, record, belongs, tellOutcome,
    merge: () => order('merge', calls.merge),
    drop: () => order('drop', calls.drop),
    leave: () => order('leave', calls.leave),
    recall: () => order('recall', calls.recall),
    survey: () => order('survey', calls.survey),
    hangUp: () => order('hangUp', calls.hangUp),
    hold: () => order('hold', (id) => calls.hold(id, !citizen.value?.held)),
    mute: () => order('mute', (id) => calls.mute(id, !mySeat.value?.muted)),
    emergency: (service: 110 | 119 | 120 | 122) => order('emergency', (id) => calls.emergency(id, service)),
  }
})
