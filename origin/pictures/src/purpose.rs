//! What a picture is for, and what that asks of its size and shape.

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Of a user. Shown as a circle: the square in the picture's centre is kept.
    Avatar,
    /// Of a partner. Kept whole, with its transparency.
    Logo,
    Establishment,
    Offer,
}

impl Purpose {
    pub const ALL: [Self; 4] = [Self::Avatar, Self::Logo, Self::Establishment, Self::Offer];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Avatar => "avatar",
            Self::Logo => "logo",
            Self::Establishment => "establishment",
            Self::Offer => "offer",
        }
    }

    /// Pixels of the longer side, at least: a picture may lie or stand.
    pub const fn min_longer(self) -> u32 {
        match self {
            Self::Avatar | Self::Logo => 200,
            Self::Establishment | Self::Offer => 640,
        }
    }

    /// Pixels of the shorter side, at least.
    pub const fn min_shorter(self) -> u32 {
        match self {
            Self::Avatar | Self::Logo => 200,
            Self::Establishment | Self::Offer => 360,
        }
    }

    /// The longer side in relation to the shorter one, at most.
    pub const fn max_ratio(self) -> u32 {
        match self {
            Self::Avatar | Self::Establishment | Self::Offer => 3,
            Self::Logo => 5,
        }
    }

    /// What is kept of a picture of this size: left, top, width, height.
    pub(crate) const fn kept(self, width: u32, height: u32) -> (u32, u32, u32, u32) {
        match self {
            Self::Avatar => {
                let side = if width < height { width } else { height };
                ((width - side) / 2, (height - side) / 2, side, side)
            }
            Self::Logo | Self::Establishment | Self::Offer => (0, 0, width, height),
        }
    }
}
