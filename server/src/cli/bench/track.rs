//! What streams send.

use bytes::Bytes;

/// Clips with silence between them as 16 kHz LINEAR16, cut into equal pieces and repeated without end.
#[derive(Debug, Clone)]
pub(super) struct Track {
    bytes: Bytes,
    piece_bytes: usize,
}

impl Track {
    /// `clips` are 16 kHz mono; each is followed by `pause_samples` of silence, and the last one by as many more as make the
    /// pieces equal. `piece_samples` is at least 1.
    pub(super) fn new(clips: &[Vec<f32>], pause_samples: usize, piece_samples: usize) -> Self {
        let mut bytes = Vec::new();
        for clip in clips {
            bytes.extend(clip.iter().flat_map(|sample| linear16(*sample).to_le_bytes()));
            bytes.resize(bytes.len() + 2 * pause_samples, 0);
        }
        let piece_bytes = 2 * piece_samples;
        bytes.resize(bytes.len().max(1).next_multiple_of(piece_bytes), 0);
        Self { bytes: bytes.into(), piece_bytes }
    }

    /// Pieces until it begins anew; at least 1.
    pub(super) fn pieces(&self) -> u64 {
        (self.bytes.len() / self.piece_bytes) as u64
    }

    /// Piece `index`, counted on over all repetitions. Shares the track's memory.
    pub(super) fn piece(&self, index: u64) -> Bytes {
        let begin = (index % self.pieces()) as usize * self.piece_bytes;
        self.bytes.slice(begin..begin + self.piece_bytes)
    }
}

fn linear16(sample: f32) -> i16 {
    // A cast saturates, so samples beyond full scale are clipped.
    (sample * f32::from(i16::MAX)).round() as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clips_stand_with_silence_between_them_and_begin_anew_at_the_end() {
        let track = Track::new(&[vec![1.0; 3], vec![-1.0; 2]], 2, 4);
        assert_eq!(track.pieces(), 3);
        let sent: Vec<i16> = (0..4)
            .flat_map(|index| track.piece(index).to_vec())
            .collect::<Vec<u8>>()
            .chunks_exact(2)
            .map(|pair| i16::from_le_bytes([pair[0], pair[1]]))
            .collect();
        let (up, down) = (i16::MAX, -i16::MAX);
        assert_eq!(sent, [up, up, up, 0, 0, down, down, 0, 0, 0, 0, 0, up, up, up, 0]);
    }
}
