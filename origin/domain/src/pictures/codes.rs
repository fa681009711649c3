//! Error codes of uploads and pictures.

use pq_core::{ErrorCode, error::Layer};

/// All error codes of pictures.
pub const ALL: &[ErrorCode] = &[
    PICTURES_UNAVAILABLE,
    UPLOAD_NOT_FOUND,
    UPLOAD_MISSING,
    UPLOAD_LIMIT,
    PICTURE_LIMIT,
    PICTURES_BUSY,
    PICTURE_IN_USE,
    PICTURE_ADDRESS_FOREIGN,
    PICTURE_EMPTY,
    PICTURE_TOO_MANY_BYTES,
    NOT_A_PICTURE,
    PICTURE_IS_SVG,
    PICTURE_IS_GIF,
    PICTURE_IS_PDF,
    PICTURE_IS_HTML,
    PICTURE_IS_AVIF,
    PICTURE_IS_HEIC,
    PICTURE_POLYGLOT,
    PICTURE_TRAILING_DATA,
    PICTURE_TRUNCATED,
    PICTURE_BROKEN,
    PICTURE_UNSUPPORTED,
    PICTURE_TOO_MANY_SCANS,
    PICTURE_ANIMATED,
    PICTURE_CMYK,
    PICTURE_SIDE_TOO_LONG,
    PICTURE_TOO_MANY_PIXELS,
    PICTURE_TOO_SMALL,
    PICTURE_TOO_NARROW,
];

pub const PICTURES_UNAVAILABLE: ErrorCode = ErrorCode {
    word: "PICTURES_UNAVAILABLE",
    status: 503,
    layer: Layer::Field,
    meaning: "This server has no bucket for pictures, so nothing can be uploaded.",
    remedy: "Hide the upload; an operator sets `YOUSOON_S3_BUCKET`.",
};

pub const UPLOAD_NOT_FOUND: ErrorCode = ErrorCode {
    word: "UPLOAD_NOT_FOUND",
    status: 404,
    layer: Layer::Field,
    meaning: "There is no upload with this id, it is somebody else's, or it has expired.",
    remedy: "Request another upload.",
};

pub const UPLOAD_MISSING: ErrorCode = ErrorCode {
    word: "UPLOAD_MISSING",
    status: 409,
    layer: Layer::Field,
    meaning: "No file was posted with the form of this upload yet.",
    remedy: "Post the file, and complete the upload again.",
};

pub const UPLOAD_LIMIT: ErrorCode = ErrorCode {
    word: "UPLOAD_LIMIT",
    status: 409,
    layer: Layer::Field,
    meaning: "The user has ten uploads that are not completed.",
    remedy: "Complete some, or wait until they expire: an hour after they were requested.",
};

pub const PICTURE_LIMIT: ErrorCode = ErrorCode {
    word: "PICTURE_LIMIT",
    status: 409,
    layer: Layer::Field,
    meaning: "The user or the partner has as many pictures, or as many bytes of them, as they may have.",
    remedy: "Delete pictures first, with `deleteImage`: about 15 minutes later there is room.",
};

pub const PICTURES_BUSY: ErrorCode = ErrorCode {
    word: "PICTURES_BUSY",
    status: 503,
    layer: Layer::Field,
    meaning: "The picture cannot be made now: too many wait, it took too long, another request makes it, or the bucket does not answer. Nothing is lost.",
    remedy: "Complete the upload again after some seconds.",
};

pub const PICTURE_IN_USE: ErrorCode = ErrorCode {
    word: "PICTURE_IN_USE",
    status: 409,
    layer: Layer::Field,
    meaning: "Something still shows the picture.",
    remedy: "Remove it from the offer, the establishment, the partner or the profile first.",
};

pub const PICTURE_ADDRESS_FOREIGN: ErrorCode = ErrorCode {
    word: "PICTURE_ADDRESS_FOREIGN",
    status: 400,
    layer: Layer::Field,
    meaning: "A new address of a picture is not of our own pictures, or not one of a picture that this owner uploaded for this purpose.",
    remedy: "Upload the picture, and send its `url`. Addresses that are stored already may stay.",
};

pub const PICTURE_EMPTY: ErrorCode = ErrorCode {
    word: "PICTURE_EMPTY",
    status: 400,
    layer: Layer::Field,
    meaning: "The file has no bytes.",
    remedy: "Choose another file.",
};

pub const PICTURE_TOO_MANY_BYTES: ErrorCode = ErrorCode {
    word: "PICTURE_TOO_MANY_BYTES",
    status: 400,
    layer: Layer::Field,
    meaning: "The file has more than 10 MiB, or more than was declared.",
    remedy: "Choose a smaller file, or scale the picture down; declare its size as it is.",
};

pub const NOT_A_PICTURE: ErrorCode = ErrorCode {
    word: "NOT_A_PICTURE",
    status: 400,
    layer: Layer::Field,
    meaning: "The file is not JPEG, PNG or WebP.",
    remedy: "Choose a picture of one of these formats.",
};

pub const PICTURE_IS_SVG: ErrorCode = ErrorCode {
    word: "PICTURE_IS_SVG",
    status: 400,
    layer: Layer::Field,
    meaning: "The file is SVG, which may contain programs.",
    remedy: "Export the drawing as PNG.",
};

pub const PICTURE_IS_GIF: ErrorCode = ErrorCode {
    word: "PICTURE_IS_GIF",
    status: 400,
    layer: Layer::Field,
    meaning: "The file is GIF.",
    remedy: "Export the picture as PNG.",
};

pub const PICTURE_IS_PDF: ErrorCode = ErrorCode {
    word: "PICTURE_IS_PDF",
    status: 400,
    layer: Layer::Field,
    meaning: "The file is PDF.",
    remedy: "Export the page as PNG or JPEG.",
};

pub const PICTURE_IS_HTML: ErrorCode = ErrorCode {
    word: "PICTURE_IS_HTML",
    status: 400,
    layer: Layer::Field,
    meaning: "The file is a web page.",
    remedy: "Choose a picture.",
};

pub const PICTURE_IS_AVIF: ErrorCode = ErrorCode {
    word: "PICTURE_IS_AVIF",
    status: 400,
    layer: Layer::Field,
    meaning: "The file is AVIF.",
    remedy: "Export the picture as JPEG or WebP.",
};

pub const PICTURE_IS_HEIC: ErrorCode = ErrorCode {
    word: "PICTURE_IS_HEIC",
    status: 400,
    layer: Layer::Field,
    meaning: "The file is HEIC, the format of iPhones' cameras.",
    remedy: "Convert the picture to JPEG before the upload; iOS does that if an app asks for JPEG.",
};

pub const PICTURE_POLYGLOT: ErrorCode = ErrorCode {
    word: "PICTURE_POLYGLOT",
    status: 400,
    layer: Layer::Field,
    meaning: "The file is a picture, and a browser, a PDF reader or an archive program could take it for something else.",
    remedy: "Save the picture once more with a program for pictures.",
};

pub const PICTURE_TRAILING_DATA: ErrorCode = ErrorCode {
    word: "PICTURE_TRAILING_DATA",
    status: 400,
    layer: Layer::Field,
    meaning: "There is data behind the picture that no camera or phone writes.",
    remedy: "Save the picture once more with a program for pictures.",
};

pub const PICTURE_TRUNCATED: ErrorCode = ErrorCode {
    word: "PICTURE_TRUNCATED",
    status: 400,
    layer: Layer::Field,
    meaning: "The file ends before the picture does.",
    remedy: "Upload the whole file.",
};

pub const PICTURE_BROKEN: ErrorCode = ErrorCode {
    word: "PICTURE_BROKEN",
    status: 400,
    layer: Layer::Field,
    meaning: "The file breaks the rules of its format.",
    remedy: "Save the picture once more with a program for pictures.",
};

pub const PICTURE_UNSUPPORTED: ErrorCode = ErrorCode {
    word: "PICTURE_UNSUPPORTED",
    status: 400,
    layer: Layer::Field,
    meaning: "The file is of a rare variety of its format, such as lossless JPEG.",
    remedy: "Save the picture as a usual JPEG, PNG or WebP.",
};

pub const PICTURE_TOO_MANY_SCANS: ErrorCode = ErrorCode {
    word: "PICTURE_TOO_MANY_SCANS",
    status: 400,
    layer: Layer::Field,
    meaning: "The JPEG has more than 64 scans, each of which costs a pass over all pixels.",
    remedy: "Save the picture as a usual JPEG.",
};

pub const PICTURE_ANIMATED: ErrorCode = ErrorCode {
    word: "PICTURE_ANIMATED",
    status: 400,
    layer: Layer::Field,
    meaning: "The picture has several frames.",
    remedy: "Choose a picture that does not move.",
};

pub const PICTURE_CMYK: ErrorCode = ErrorCode {
    word: "PICTURE_CMYK",
    status: 400,
    layer: Layer::Field,
    meaning: "The picture is made for a printer: its colours are inks.",
    remedy: "Save it in RGB.",
};

pub const PICTURE_SIDE_TOO_LONG: ErrorCode = ErrorCode {
    word: "PICTURE_SIDE_TOO_LONG",
    status: 400,
    layer: Layer::Field,
    meaning: "A side of the picture is longer than 12,000 pixels.",
    remedy: "Scale the picture down.",
};

pub const PICTURE_TOO_MANY_PIXELS: ErrorCode = ErrorCode {
    word: "PICTURE_TOO_MANY_PIXELS",
    status: 400,
    layer: Layer::Field,
    meaning: "The picture has more than 40 megapixels, or 20 with 16 bits for each colour.",
    remedy: "Scale the picture down.",
};

pub const PICTURE_TOO_SMALL: ErrorCode = ErrorCode {
    word: "PICTURE_TOO_SMALL",
    status: 400,
    layer: Layer::Field,
    meaning: "The picture is smaller than 200 × 200 pixels for an avatar or a logo, or 640 × 360 for an establishment or an offer.",
    remedy: "Choose a larger picture.",
};

pub const PICTURE_TOO_NARROW: ErrorCode = ErrorCode {
    word: "PICTURE_TOO_NARROW",
    status: 400,
    layer: Layer::Field,
    meaning: "The picture's longer side is more than five times its shorter one for a logo, or three times for others.",
    remedy: "Crop the picture.",
};
