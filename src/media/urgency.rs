//! Which threads come first: media threads before all others, the recorder after them, what can wait last.

use thread_priority::{
    RealtimeThreadSchedulePolicy, ThreadPriority, ThreadPriorityValue, ThreadSchedulePolicy,
    set_current_thread_priority, set_thread_priority_and_policy, thread_native_id,
};

/// Of 0 to 99, in the lower part: enough to come before everything that is not real-time itself.
const PRIORITY: u8 = 20;
/// What they say must be taken out of their rings in time, but never before they have said it.
const RECORDER: u8 = 10;

/// Asks for round-robin real-time scheduling (POSIX SCHED_RR) of this thread, so that a busy machine makes no frame
/// late. It sleeps between its ticks, and the kernel itself keeps 5 % for others. Whether it was granted: that takes
/// root, CAP_SYS_NICE or an RTPRIO limit; without it the thread shares the processor like any other.
pub(crate) fn raise() -> bool {
    real_time(PRIORITY)
}

/// The same for the thread that takes sound out of the media threads' rings, which does nothing else.
pub(crate) fn raise_for_recorder() -> bool {
    real_time(RECORDER)
}

/// The least of all: this thread's work has time.
pub(crate) fn lower() {
    // It only comes sooner when the system refuses.
    let _ = set_current_thread_priority(ThreadPriority::Min);
}

fn real_time(priority: u8) -> bool {
    let Ok(value) = ThreadPriorityValue::try_from(priority) else { return false };
    let policy = ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::RoundRobin);
    set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Crossplatform(value), policy).is_ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_granted_is_real_time_and_what_is_not_changes_nothing() {
        let before = thread_priority::thread_schedule_policy().unwrap();
        let granted = raise();
        let after = thread_priority::thread_schedule_policy().unwrap();
        let round_robin = ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::RoundRobin);
        assert_eq!(after, if granted { round_robin } else { before });
    }
}
