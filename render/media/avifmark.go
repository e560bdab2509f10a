package media

import "firstframe/render/media/planaravif"

// markAVIF writes an AVIF anew with a packet. The coded picture is copied.
func markAVIF(data, packet []byte) ([]byte, error) {
	f, err := planaravif.Parse(data)
	if err != nil {
		return nil, err
	}
	f.Packet = packet
	return f.Bytes(), nil
}

// unmarkAVIF undoes markAVIF.
func unmarkAVIF(data []byte) (rest, packet []byte) {
	packets := planaravif.FindMetadata(data).XMP
	if len(packets) != 1 || len(packets[0]) > MaxPacket {
		return data, nil
	}
	f, err := planaravif.Parse(data)
	if err != nil {
		return data, nil
	}
	return f.Bytes(), packets[0]
}
