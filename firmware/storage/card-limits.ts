// What the player takes of a card at most: this file is compiled into the firmware by asc and imported by the host, which
// tells beforehand what will not be played.

/** More tracks than this are not played, nor those whose paths do not fit into so many bytes of UTF-8 together. */
export const MOST_CARD_TRACKS = 8192;
export const TRACK_PATHS_BYTES = 1 << 20;

/** More folders than this are not looked through, nor those whose paths, each with a slash behind it, do not fit. */
export const MOST_CARD_FOLDERS = 2048;
export const FOLDER_PATHS_BYTES = 1 << 17;

/** Of the file that keeps where the player was. */
export const STATE_FILE_BYTES = 65536;

/** Endings of names by which files are tracks; each with a space behind it, in small letters. */
export const SOUND_ENDINGS = 'wav wave qoa flac mp3 ogg oga opus m4a aac wma aif aiff ';
