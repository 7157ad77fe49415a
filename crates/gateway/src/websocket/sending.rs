//! A message on its way to a client: in frames of 32 KB at most, as clients have to send theirs.

use bytes::Bytes;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use super::limits::FRAME_BYTES;

/// A message whose frames are being sent.
pub(super) struct Sending {
    rest: Bytes,
    kind: Data,
}

impl Sending {
    pub(super) fn new(message: Bytes) -> Self {
        // What is no text cannot be sent as one. Whether AWS sends it at all is not recorded.
        let kind = if std::str::from_utf8(&message).is_ok() { Data::Text } else { Data::Binary };
        Self { rest: message, kind }
    }

    /// The next frame, and whether it is the last.
    pub(super) fn next_frame(&mut self) -> (Frame, bool) {
        let part = self.rest.split_to(self.rest.len().min(FRAME_BYTES));
        let last = self.rest.is_empty();
        let kind = std::mem::replace(&mut self.kind, Data::Continue);
        (Frame::message(part, OpCode::Data(kind), last), last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each frame's kind, length, and whether it is the last.
    fn frames(message: Vec<u8>) -> Vec<(OpCode, usize, bool)> {
        let mut sending = Sending::new(message.into());
        let mut frames = Vec::new();
        loop {
            let (frame, last) = sending.next_frame();
            assert_eq!(frame.header().is_final, last);
            frames.push((frame.header().opcode, frame.payload().len(), last));
            if last {
                return frames;
            }
        }
    }

    #[test]
    fn messages_go_in_frames_of_32_kb() {
        let (text, more) = (OpCode::Data(Data::Text), OpCode::Data(Data::Continue));
        assert_eq!(frames(Vec::new()), [(text, 0, true)]);
        assert_eq!(frames(vec![b'x'; 32_768]), [(text, 32_768, true)]);
        assert_eq!(frames(vec![b'x'; 32_769]), [(text, 32_768, false), (more, 1, true)]);
    }

    #[test]
    fn what_is_no_text_is_binary() {
        assert_eq!(frames(vec![0xff]), [(OpCode::Data(Data::Binary), 1, true)]);
    }
}
