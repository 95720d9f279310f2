# How near what is heard comes to what was said: PESQ-NB (ITU-T P.862.1) and STOI of pairs of WAV files.
#
# measure.py FOLDER: for each FOLDER/CONDITION/N-said.wav with its N-heard.wav prints one line
# "condition n pesq stoi delay_ms", tab-separated. 8 kHz, 16 bits, mono.
import sys
import wave
from pathlib import Path

import numpy as np
from pesq import PesqError, pesq
from pystoi import stoi

RATE = 8000
# The path never delays by more than this, seconds.
LONGEST = 1.0


def read(path):
    with wave.open(str(path)) as file:
        assert file.getframerate() == RATE and file.getnchannels() == 1, path
        return np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16).astype(np.float64)


def delay(said, heard):
    """By how many samples `heard` is behind: the peak of the cross-correlation. PESQ aligns by itself, STOI does not."""
    size = 1 << int(np.ceil(np.log2(len(said) + len(heard))))
    product = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(said, size)), size)
    return int(np.argmax(product[: int(LONGEST * RATE)]))


def measure(said, heard):
    behind = delay(said, heard)
    heard = heard[behind : behind + len(said)]
    heard = np.pad(heard, (0, len(said) - len(heard)))
    quality = pesq(RATE, said.astype(np.int16), heard.astype(np.int16), "nb", on_error=PesqError.RETURN_VALUES)
    return quality, stoi(said, heard, RATE), behind * 1000 / RATE


for path in sorted(Path(sys.argv[1]).glob("*/*-said.wav")):
    number = path.name.removesuffix("-said.wav")
    quality, understood, behind = measure(read(path), read(path.with_name(f"{number}-heard.wav")))
    print(f"{path.parent.name}\t{number}\t{quality:.4f}\t{understood:.4f}\t{behind:.1f}", flush=True)
