// Who is signed in: session, second factor, first start, trial.
import { ask, get, post } from './client'

export type Role = 'operator' | 'desk' | 'supervisor' | 'auditor' | 'admin' | 'citizen'

export interface Session {
  user: string
  name: string
  role: Role
  /** Staff number; empty for accounts without a seat. */
  staff: string | null
  /** User name of the phone; nothing when this person has none. */
  phone: string | null
  desks: string[]
  lang: string
  second_factor: boolean
  /** Somebody else chose the password: it must be changed first. */
  must_change?: boolean
  /** An admin who must set up the second factor first. */
  must_enrol: boolean
  idle_seconds: number
  /** The house's time zone, its IANA name. */
  zone?: string
  /** Signed in at a trial, without a password. */
  trial?: boolean
}

export const session = () => get<Session>('/session')
export const signIn = (user: string, password: string, code?: string) =>
  post<Session>('/session', { user, password, ...(code ? { code } : {}) })
export const signOut = () => ask<void>('DELETE', '/session')
export const changePassword = (old: string, next: string) => post<void>('/session/password', { old, new: next })
export const beginSecondFactor = () => post<{ secret: string; uri: string }>('/session/second-factor')
export const confirmSecondFactor = (code: string) => post<void>('/session/second-factor/confirm', { code })

export const setupState = () => get<{ needed: boolean; trial: boolean }>('/setup')
export const setUp = (first: { token: string; user: string; password: string; name: string }) => post<void>('/setup', first)

export type TrialRole = 'citizen' | 'operator' | 'desk' | 'supervisor' | 'admin'
export const trial = (token: string, as: TrialRole) => post<Session>('/trial', { token, as })

export interface PhoneAccount {
  ws: string[]
  uri: string
  user: string
  password: string
  realm: string
  /** UTC ms: when these credentials end. */
  until: number
  /** The hotline's own number. */
  number: string
  /** ICE servers of the house; none by default. */
  ice_servers?: RTCIceServer[]
}
export const phoneAccount = () => post<PhoneAccount>('/phone')
