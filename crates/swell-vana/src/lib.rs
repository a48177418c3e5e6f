//! The data portability protocol: encryption, permissions, grants and personal server messages. Pure.
