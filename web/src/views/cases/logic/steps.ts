// Which fields each step asks for, and the form that is sent.
import type { Step, StepForm } from '@/api/cases'

export type Field = 'unit' | 'staff' | 'reason' | 'method' | 'until' | 'days' | 'grant' | 'first' | 'second' | 'score' | 'into' | 'flag'

/** In the order in which they stand in the form. */
export const FIELDS: Record<Step, Field[]> = {
  settle_on_spot: [],
  settle_three_way: [],
  archive: [],
  hand_over: ['unit'],
  reassign: ['unit'],
  received: ['staff'],
  returned: ['reason'],
  called_back: ['staff'],
  echo1: ['method', 'staff', 'until'],
  echo2: ['method', 'staff'],
  ask_extension: ['days', 'reason'],
  answer_extension: ['grant', 'days', 'reason'],
  reported: ['staff'],
  checked: ['first', 'score'],
  asked: ['first', 'second', 'score'],
  give_up: ['reason'],
  decided: ['reason'],
  merge: ['into'],
  flag: ['flag'],
}

/** What goes on comes first; what ends or is rare last. */
const ORDER: Step[] = [
  'called_back', 'received', 'echo1', 'echo2', 'reported', 'asked', 'checked', 'hand_over', 'reassign', 'answer_extension', 'ask_extension', 'returned',
  'settle_on_spot', 'settle_three_way', 'archive', 'decided', 'merge', 'give_up', 'flag',
]
/** Ends the case, or takes it from somebody: asked for in another colour. */
export const GRAVE: ReadonlySet<Step> = new Set(['give_up', 'merge', 'returned'])

/** The steps that the house allows, as they are shown; what this page does not know is left out. */
export const inTurn = (steps: readonly string[]): Step[] => ORDER.filter((step) => steps.includes(step))

export interface Filled {
  unit: string
  staff: string
  reason: string
  method: string
  /** UTC ms. */
  until: number | undefined
  days: number | ''
  grant: '' | 'yes' | 'no'
  first: '' | 'yes' | 'no'
  second: '' | 'yes' | 'no'
  score: number
  into: string
  flag: string
}

export const blank = (staff: string | null): Filled => ({
  unit: '', staff: staff ?? '', reason: '', method: 'phone', until: undefined, days: '', grant: '', first: '', second: '', score: 0, into: '', flag: '',
})

/** A case number without the blanks that people write into it. */
export const bare = (no: string) => no.replace(/\D/g, '')

/** Whether everything that the step must have is there. */
export function complete(step: Step, form: Filled): boolean {
  const days = () => typeof form.days === 'number' && Number.isInteger(form.days) && form.days >= 1
  return FIELDS[step].every((field) => {
    switch (field) {
      case 'unit':
        return form.unit !== ''
      case 'staff':
        return /^[0-9A-Za-z]{1,16}$/.test(form.staff.trim())
      case 'reason':
        return form.reason.trim() !== ''
      case 'method':
        return form.method !== ''
      case 'until':
        return true
      case 'days':
        return step === 'answer_extension' && form.grant !== 'yes' ? true : days()
      case 'grant':
        return form.grant !== ''
      case 'first':
        return form.first !== ''
      case 'second':
        return form.second !== ''
      case 'score':
        // The one-hour check may end without a score: the unit has not called.
        return step === 'checked' && form.first === 'no' ? true : form.score >= 1 && form.score <= 5
      case 'into':
        return bare(form.into).length === 12
      case 'flag':
        return form.flag !== ''
    }
  })
}

/** What is sent: the fields of the step alone. */
export function toSend(step: Step, form: Filled, flags: Record<string, boolean>): StepForm {
  const out: StepForm = { step }
  for (const field of FIELDS[step]) {
    if (field === 'unit') out.unit = form.unit
    if (field === 'staff') out.staff = form.staff.trim()
    if (field === 'reason') out.reason = form.reason.trim()
    if (field === 'method') out.method = form.method
    if (field === 'until' && form.until !== undefined) out.until = form.until
    if (field === 'days') out.days = step === 'answer_extension' && form.grant !== 'yes' ? null : Number(form.days)
    if (field === 'first') out.first = form.first === 'yes'
    if (field === 'second') out.second = form.second === 'yes'
    if (field === 'score' && form.score) out.score = form.score
    if (field === 'into') out.into = bare(form.into)
    if (field === 'flag') Object.assign(out, { flag: form.flag, on: !flags[form.flag] })
  }
  return out
}

/** States in which the unit has the case and may speak with the citizen: the house connects in these alone. */
const CONNECTED_IN: ReadonlySet<string> = new Set(['accepted', 'in_progress', 'extension_asked', 'reported', 'checking'])
export const connectable = (page: { state: string; anonymous: boolean }): boolean => !page.anonymous && CONNECTED_IN.has(page.state)
