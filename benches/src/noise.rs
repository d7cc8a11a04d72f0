//! Audio that any machine makes alike.

/// White noise from xorshift32.
pub(crate) fn noise(samples: usize) -> Vec<f32> {
    let mut state = 0x9E37_79B9_u32;
    (0..samples)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state as f32 / u32::MAX as f32 - 0.5
        })
        .collect()
}
