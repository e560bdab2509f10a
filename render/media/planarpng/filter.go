package planarpng

// unfilter undoes the filter of a row (PNG 9.2): it makes row from the filtered bytes and from the
// row above, which is zero for the first row. A pixel has so many samples.
func unfilter(kind uint8, row, packed, above []uint8, samples int) error {
	packed, above = packed[:len(row)], above[:len(row)]
	switch kind {
	case 0:
		copy(row, packed)
	case 1:
		copy(row, packed[:samples])
		for i := samples; i < len(row); i++ {
			row[i] = packed[i] + row[i-samples]
		}
	case 2:
		for i, v := range packed {
			row[i] = v + above[i]
		}
	case 3:
		for i := range samples {
			row[i] = packed[i] + above[i]/2
		}
		for i := samples; i < len(row); i++ {
			row[i] = packed[i] + uint8((int(row[i-samples])+int(above[i]))/2)
		}
	case 4:
		for i := range samples {
			row[i] = packed[i] + above[i]
		}
		for i := samples; i < len(row); i++ {
			row[i] = packed[i] + paeth(row[i-samples], above[i], above[i-samples])
		}
	default:
		return errCorrupt
	}
	return nil
}

// paeth returns the neighbour that is nearest to left + above - corner (PNG 9.4).
func paeth(left, above, corner uint8) uint8 {
	a, b, c := int(left), int(above), int(corner)
	toLeft, toAbove, toCorner := distance(b, c), distance(a, c), distance(a+b, 2*c)
	if toLeft <= toAbove && toLeft <= toCorner {
		return left
	}
	if toAbove <= toCorner {
		return above
	}
	return corner
}

// distance returns |a - b|.
func distance(a, b int) int { return max(a-b, b-a) }
