//! The allocator of every service.

/// A span is made of some twenty small pieces of memory on the thread of the request, and given back on the thread that sends
/// it. The system's allocator is at its slowest with that; `scripts/bench overhead home` shows what this one is worth.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
